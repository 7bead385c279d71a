//! A candidate as a process: what it is started with and what it uses.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

use crate::{
    plan::Candidate,
    runtime_api::{Answer, RuntimeApi},
};

/// Room for the lines of more calls than are made between two readings.
const PIPE_BYTES: i32 = 1 << 20;

pub(crate) struct Function {
    api: RuntimeApi,
    started: Instant,
    child: Child,
    /// Lambda reads what a function prints, through a pipe. So does this, between
    /// the measured calls.
    printed: ChildStdout,
    clock: ClockId,
}

/// Resident memory in bytes: now, and at its highest.
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

impl Function {
    pub(crate) fn start(candidate: &Candidate, log: &Path) -> io::Result<Self> {
        let api = RuntimeApi::new()?;
        let mut command = command(candidate, &candidate.command)?;
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()?.to_string());
        let log = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);

        let started = Instant::now();
        let mut child = command.spawn()?;
        let printed = child.stdout.take().ok_or(ErrorKind::BrokenPipe)?;
        let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
        let clock = clock_getcpuclockid(pid)?;
        let function = Self { api, started, child, printed, clock };
        fcntl(&function.printed, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(function)
    }

    /// The first answer: how long after the start, and for how much CPU time.
    pub(crate) fn first_answer(&mut self, event: &str) -> io::Result<(Duration, Duration, Vec<u8>)> {
        let answer = self.call(event)?;
        let cpu = self.cpu()?;
        Ok((answer.at.duration_since(self.started), cpu, answer.body))
    }

    /// Makes room for what a function that goes on running prints.
    pub(crate) fn keep(&mut self) -> io::Result<()> {
        fcntl(&self.printed, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES))?;
        self.settle()
    }

    pub(crate) fn call(&mut self, event: &str) -> io::Result<Answer> {
        let answer = self.api.call(event)?;
        // A candidate that refuses, quickly, must not win.
        if !answer.body.windows(7).any(|seven| seven == b"\"Allow\"") {
            return Err(io::Error::other(format!("not allowed: {}", String::from_utf8_lossy(&answer.body))));
        }
        Ok(answer)
    }

    /// Waits until the last call is over on its side too, and reads what it
    /// printed.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        self.api.settle()?;
        let mut sink = [0; 1 << 14];
        loop {
            match self.printed.read(&mut sink) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// User and system time of all its threads, those that ended included. The
    /// clock and not /proc/PID/stat, which counts in hundredths of a second.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        Ok(Duration::from(self.clock.now()?))
    }

    pub(crate) fn memory(&self) -> io::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
            kibibytes.map(|count| count * 1024).ok_or_else(|| io::Error::other("no memory in the status"))
        };
        Ok(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// `words` as a command with the candidate's environment and no other.
pub(crate) fn command(candidate: &Candidate, words: &[String]) -> io::Result<Command> {
    let (program, arguments) = words.split_first().ok_or(ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&candidate.environment);
    Ok(command)
}
