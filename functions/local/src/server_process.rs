//! The parts that are servers of their own and no Lambda: the issuer, and the
//! chatbot as it runs in a container.

use std::time::Duration;

use anyhow::bail;

use crate::{
    launcher::{Launcher, Process, Variables, tail},
    part::Part,
    stop::Stop,
};

const POLL: Duration = Duration::from_millis(50);
const START_LIMIT: Duration = Duration::from_secs(30);

/// One such part.
pub(crate) struct Server {
    pub(crate) part: Part,
    /// Also the name of its log.
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) ready_url: String,
    pub(crate) variables: Variables,
    /// How long it may take to end after SIGTERM. `None`: it is ended without.
    pub(crate) drain: Option<Duration>,
}

pub(crate) struct ServerProcess {
    process: Process,
    launcher: Launcher,
    name: &'static str,
    drain: Option<Duration>,
}

impl ServerProcess {
    /// Starts the server and waits until it is ready.
    pub(crate) async fn start(launcher: &Launcher, server: Server) -> anyhow::Result<Self> {
        let Server { part, name, arguments, ready_url, variables, drain } = server;
        let mut process = launcher.start(part, name, arguments, &variables)?;
        let log_file = launcher.log_file(name);
        tokio::select! {
            status = process.wait() => {
                bail!("{name} could not start: {}. The end of {}:\n{}", status?, log_file.display(), tail(&log_file))
            }
            ready = tokio::time::timeout(START_LIMIT, until_ready(&ready_url)) => {
                if ready.is_err() {
                    bail!("{name} is not ready. The end of {}:\n{}", log_file.display(), tail(&log_file))
                }
            }
        }
        Ok(Self { process, launcher: launcher.clone(), name, drain })
    }

    /// Runs until it is asked to stop. A server that dies is reported and stays
    /// down, like any without a supervisor.
    pub(crate) async fn keep(mut self, mut stop: Stop) {
        let status = tokio::select! {
            status = self.process.wait() => status,
            () = stop.asked() => {
                return match self.drain {
                    Some(drain) => self.process.drain(drain).await,
                    None => self.process.stop().await,
                };
            }
        };
        let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let (name, log_file) = (self.name, self.launcher.log_file(self.name));
        eprintln!("{name} died: {how}. The end of {}:\n{}", log_file.display(), tail(&log_file));
    }
}

async fn until_ready(ready_url: &str) {
    let client = reqwest::Client::new();
    while !client.get(ready_url).send().await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::time::sleep(POLL).await;
    }
}
