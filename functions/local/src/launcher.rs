//! Starting one part as a child process.
//!
//! Every child has a clean environment, its output in a log file, and ends no
//! later than this process.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
};

use crate::part::{LIFELINE_VARIABLE, Part};

/// How long a part may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);
const TAIL_LINES: usize = 12;

pub(crate) type Variables = Vec<(String, String)>;

#[derive(Debug, Clone)]
pub(crate) struct Launcher {
    executable: PathBuf,
    log_folder: PathBuf,
}

pub(crate) struct Process {
    child: Child,
    lifeline: Option<ChildStdin>,
}

impl Launcher {
    pub(crate) fn new(executable: PathBuf, log_folder: PathBuf) -> Self {
        Self { executable, log_folder }
    }

    pub(crate) fn log_file(&self, log_name: &str) -> PathBuf {
        self.log_folder.join(format!("{log_name}.log"))
    }

    /// Starts a part that runs until it is stopped.
    pub(crate) fn start(
        &self,
        part: Part,
        log_name: &str,
        arguments: &[&str],
        variables: &Variables,
    ) -> anyhow::Result<Process> {
        let mut command = self.command(part, log_name, arguments, variables)?;
        command.env(LIFELINE_VARIABLE, "1");
        let mut child = command.spawn().with_context(|| format!("cannot start {}", part.name()))?;
        let lifeline = child.stdin.take();
        Ok(Process { child, lifeline })
    }

    /// Runs a part to its end with `input` on its standard input.
    pub(crate) async fn run(
        &self,
        part: Part,
        log_name: &str,
        arguments: &[&str],
        variables: &Variables,
        input: &str,
    ) -> anyhow::Result<ExitStatus> {
        let mut command = self.command(part, log_name, arguments, variables)?;
        let mut child = command.spawn().with_context(|| format!("cannot start {}", part.name()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A part that ends before it reads shows in its exit status.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        Ok(child.wait().await?)
    }

    fn command(
        &self,
        part: Part,
        log_name: &str,
        arguments: &[&str],
        variables: &Variables,
    ) -> anyhow::Result<Command> {
        let log = self.open_log(log_name).with_context(|| format!("no log file for {log_name}"))?;
        let mut command = Command::new(&self.executable);
        command
            .args(["part", part.name()])
            .args(arguments)
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C in a terminal goes to a whole process group. The children
            // stay out of it, so that the supervisor decides in which order
            // they end and none looks like a crash.
            .process_group(0)
            .kill_on_drop(true);
        Ok(command)
    }

    fn open_log(&self, log_name: &str) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).open(self.log_file(log_name))
    }
}

impl Process {
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    pub(crate) async fn kill(&mut self) {
        // Fails only for a process that has ended already.
        let _ = self.child.kill().await;
    }

    /// Asks the part with SIGTERM to finish what it has begun and end, and kills
    /// it when that takes longer than `limit`.
    pub(crate) async fn drain(mut self, limit: Duration) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            // Fails only for a process that has ended already.
            let _ = kill_process(id, Signal::TERM);
        }
        if tokio::time::timeout(limit, self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }

    /// Lets the part end by itself, and kills it when it does not.
    pub(crate) async fn stop(mut self) {
        drop(self.lifeline.take());
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }
}

/// Returns the last lines of a log, for the message about a part that died.
pub(crate) fn tail(log_file: &Path) -> String {
    let text = std::fs::read(log_file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(TAIL_LINES);
    lines.get(start..).unwrap_or_default().join("\n")
}
