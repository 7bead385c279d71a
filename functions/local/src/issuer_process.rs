//! The issuer, which is a server of its own and no Lambda.

use std::time::Duration;

use anyhow::bail;

use crate::{
    launcher::{Launcher, Process, Variables, tail},
    part::Part,
    stop::Stop,
};

const LOG_NAME: &str = "issuer";
const POLL: Duration = Duration::from_millis(50);
const START_LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct IssuerProcess {
    process: Process,
    launcher: Launcher,
}

impl IssuerProcess {
    /// Starts the issuer and waits until it is ready.
    pub(crate) async fn start(launcher: &Launcher, variables: &Variables, url: &str) -> anyhow::Result<Self> {
        let mut process = launcher.start(Part::Issuer, LOG_NAME, &["serve"], variables)?;
        let log_file = launcher.log_file(LOG_NAME);
        tokio::select! {
            status = process.wait() => {
                bail!("the issuer could not start: {}. The end of {}:\n{}", status?, log_file.display(), tail(&log_file))
            }
            ready = tokio::time::timeout(START_LIMIT, until_ready(url)) => {
                if ready.is_err() {
                    bail!("the issuer is not ready. The end of {}:\n{}", log_file.display(), tail(&log_file))
                }
            }
        }
        Ok(Self { process, launcher: launcher.clone() })
    }

    /// Runs until it is asked to stop. An issuer that dies is reported and stays
    /// down, like any server without a supervisor.
    pub(crate) async fn keep(mut self, mut stop: Stop) {
        let status = tokio::select! {
            status = self.process.wait() => status,
            () = stop.asked() => return self.process.stop().await,
        };
        let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let log_file = self.launcher.log_file(LOG_NAME);
        eprintln!("the issuer died: {how}. The end of {}:\n{}", log_file.display(), tail(&log_file));
    }
}

async fn until_ready(url: &str) {
    let client = reqwest::Client::new();
    let ready = format!("{url}/readyz");
    while !client.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::time::sleep(POLL).await;
    }
}
