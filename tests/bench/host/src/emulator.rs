//! A candidate under AWS's runtime interface emulator.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{function::command, plan::Candidate, wire::Wire};

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Emulated {
    child: Child,
    wire: Wire,
}

impl Emulated {
    pub(crate) fn start(candidate: &Candidate, emulator: &Path) -> io::Result<Self> {
        let (invoked, runtime_api) = (free_address()?, free_address()?);
        let mut words = vec![emulator.to_string_lossy().into_owned()];
        words.extend(["--log-level", "error"].map(str::to_owned));
        // Its own default is every address of the machine.
        words.extend(["--runtime-interface-emulator-address".to_owned(), invoked.to_string()]);
        words.extend(["--runtime-api-address".to_owned(), runtime_api.to_string()]);
        words.extend(candidate.command.iter().cloned());
        let mut command = command(candidate, &words)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;

        let begun = Instant::now();
        let wire = loop {
            match Wire::connect(invoked) {
                Ok(wire) => break wire,
                Err(error) if begun.elapsed() > PATIENCE => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        };
        Ok(Self { child, wire })
    }

    /// One invocation, from its first byte to the last of its answer.
    pub(crate) fn call(&mut self, event: &str) -> io::Result<Duration> {
        let length = event.len();
        let request = format!(
            "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: localhost\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{event}"
        );
        let started = Instant::now();
        self.wire.send(request.as_bytes())?;
        let message = self.wire.expect(PATIENCE)?;
        // The emulator reports the failure of a function as a success.
        if !message.body.windows(7).any(|seven| seven == b"\"Allow\"") {
            return Err(io::Error::other(String::from_utf8_lossy(&message.body).into_owned()));
        }
        Ok(message.at.duration_since(started))
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        // Asked, not killed: it has to end the function that it started.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ended = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _status = self.child.wait();
    }
}

fn free_address() -> io::Result<SocketAddr> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    if address.port() == 0 { Err(ErrorKind::AddrNotAvailable.into()) } else { Ok(address) }
}
