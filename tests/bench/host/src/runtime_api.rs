//! The Lambda Runtime API for one function, without anything around it.
//!
//! Once the first answer is there and the function keeps to one connection, a
//! call is one write and one blocking read on this side. Before that, and for a
//! function with several connections, all of them are watched.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::fd::AsFd,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::wire::{Message, Wire};

/// Far more than anything here takes; a function that hangs must not hang this.
const PATIENCE: Duration = Duration::from_secs(30);

const ACCEPTED: &[u8] =
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

pub(crate) struct RuntimeApi {
    listener: TcpListener,
    wires: Vec<Option<Wire>>,
    /// The connection on which the function asks for its next event.
    asking: Option<usize>,
    /// The connection of an answer that was not acknowledged yet.
    answered: Option<usize>,
    is_warm: bool,
    calls: u64,
}

/// What came back, and how long after the event was sent.
pub(crate) struct Answer {
    pub(crate) at: Instant,
    pub(crate) wall: Duration,
    pub(crate) body: Vec<u8>,
}

impl RuntimeApi {
    pub(crate) fn new() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, wires: Vec::new(), asking: None, answered: None, is_warm: false, calls: 0 })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Sends one event and returns the answer, which the function is not told to
    /// have arrived: [`Self::settle`] does that.
    pub(crate) fn call(&mut self, event: &str) -> io::Result<Answer> {
        self.settle()?;
        let asking = self.asking.take().ok_or(ErrorKind::NotConnected)?;
        self.calls += 1;
        let bytes = invocation(event, self.calls);
        let started = Instant::now();
        self.wire(asking)?.send(&bytes)?;
        let (answered, message) = self.receive()?;
        let wall = message.at.duration_since(started);
        let line = message.head.lines().next().unwrap_or_default();
        if !line.starts_with("POST ") || !line.contains("/response ") {
            let body = String::from_utf8_lossy(&message.body);
            return Err(io::Error::other(format!("no answer but {line}: {body}")));
        }
        (self.answered, self.is_warm) = (Some(answered), true);
        Ok(Answer { at: message.at, wall, body: message.body })
    }

    /// Waits until the function is back at its question for the next event.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        if let Some(answered) = self.answered.take() {
            self.wire(answered)?.send(ACCEPTED)?;
        }
        if self.asking.is_some() {
            return Ok(());
        }
        let (asking, message) = self.receive()?;
        let line = message.head.lines().next().unwrap_or_default();
        if !line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            let body = String::from_utf8_lossy(&message.body);
            return Err(io::Error::other(format!("no question for an event but {line}: {body}")));
        }
        self.asking = Some(asking);
        Ok(())
    }

    fn wire(&mut self, index: usize) -> io::Result<&mut Wire> {
        self.wires.get_mut(index).and_then(Option::as_mut).ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn receive(&mut self) -> io::Result<(usize, Message)> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let ready = match self.only() {
                Some(index) if self.is_warm => vec![index],
                _ => self.ready()?,
            };
            for index in ready {
                match self.wire(index)?.receive() {
                    Ok(Some(message)) => return Ok((index, message)),
                    Ok(None) if self.is_warm => {
                        self.accept()?;
                    }
                    Ok(None) => {}
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.wires[index] = None,
                    Err(error) => return Err(error),
                }
            }
        }
        Err(io::Error::new(ErrorKind::TimedOut, "the function says nothing"))
    }

    /// The one open connection.
    fn only(&self) -> Option<usize> {
        let mut open = self.wires.iter().enumerate().filter(|(_, wire)| wire.is_some());
        match (open.next(), open.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }

    /// The connections that have something to read, new ones taken in.
    fn ready(&mut self) -> io::Result<Vec<usize>> {
        let open: Vec<usize> =
            self.wires.iter().enumerate().filter_map(|(index, wire)| wire.as_ref().map(|_| index)).collect();
        let streams = self.wires.iter().flatten().map(|wire| wire.stream().as_fd());
        let watched = std::iter::once(self.listener.as_fd()).chain(streams);
        let mut watched: Vec<_> = watched.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        poll(&mut watched, PollTimeout::from(1000_u16))?;
        let mut is_ready = watched.iter().map(|fd| fd.any().unwrap_or(false));
        let is_new = is_ready.next().unwrap_or(false);
        let ready = open.into_iter().zip(is_ready).filter_map(|(index, is_ready)| is_ready.then_some(index));
        let ready = ready.collect();
        if is_new {
            self.accept()?;
        }
        Ok(ready)
    }

    fn accept(&mut self) -> io::Result<()> {
        match self.listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                self.wires.push(Some(Wire::new(stream)?));
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The event with the headers that Lambda sends.
fn invocation(event: &str, call: u64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = (now + Duration::from_secs(5)).as_millis();
    let length = event.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
         Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-{call:012x}\r\n\
         Lambda-Runtime-Deadline-Ms: {deadline}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:authorizer\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n\
         Content-Length: {length}\r\n\r\n{event}"
    )
    .into_bytes()
}
