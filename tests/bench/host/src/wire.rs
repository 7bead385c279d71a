//! HTTP/1.1 messages on a connection: as much as the Runtime API, AWS's emulator
//! and moto need. Bare on purpose, so that little of what is measured is its own.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// How long one reading waits, so that a connection that stays silent does not
/// keep the others from being looked at.
const SLICE: Duration = Duration::from_millis(100);

/// One connection and what has come in on it.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// A message, and when the last byte of it was there.
pub(crate) struct Message {
    pub(crate) at: Instant,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SLICE))?;
        Ok(Self { stream, buffer: vec![0; 1 << 16], filled: 0 })
    }

    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::new(TcpStream::connect(address)?)
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Returns the next message, or nothing where it is not all there in time.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Message>> {
        loop {
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.filled += count,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(None);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
        }
    }

    /// As [`Self::receive`], for a message that must come.
    pub(crate) fn expect(&mut self, patience: Duration) -> io::Result<Message> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if let Some(message) = self.receive()? {
                return Ok(message);
            }
        }
        Err(ErrorKind::TimedOut.into())
    }

    /// Takes the message out of the buffer once it is whole. Nobody here sends a
    /// second one before the first is answered.
    fn take(&mut self) -> io::Result<Option<Message>> {
        let filled = &self.buffer[..self.filled];
        let Some(head_end) = filled.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let (head, body) = (&filled[..head_end], &filled[head_end + 4..]);
        let whole = match length(head) {
            Some(length) => body.len() >= length,
            None => body.ends_with(b"0\r\n\r\n"),
        };
        if !whole {
            if self.filled == self.buffer.len() {
                return Err(io::Error::other("a message is larger than any of these should be"));
            }
            return Ok(None);
        }
        let at = Instant::now();
        let message = Message { at, head: String::from_utf8_lossy(head).into_owned(), body: body.to_vec() };
        self.filled = 0;
        Ok(Some(message))
    }
}

/// The length of the body; `None` where it comes in chunks.
fn length(head: &[u8]) -> Option<usize> {
    let mut chunked = false;
    for line in head.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            return std::str::from_utf8(value).ok()?.parse().ok();
        }
        chunked |= name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked");
    }
    (!chunked).then_some(0)
}
