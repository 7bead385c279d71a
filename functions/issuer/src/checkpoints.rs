//! Keeping SQLite's log short while the issuer runs.

use std::time::Duration;

use tokio::{sync::watch, time::MissedTickBehavior};

use crate::issuer::Issuer;

const PAUSE: Duration = Duration::from_secs(1);

impl Issuer {
    /// Moves the log into the database, over and over, until `stop` changes.
    /// What is left then is moved when the database is closed.
    pub(crate) async fn keep_checkpointing(&self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                _ = ticks.tick() => {}
            }
            // To the end, stopped or not: it takes milliseconds.
            if let Err(error) = self.store.checkpoint().await {
                tracing::error!(%error, "could not move the log of the database");
            }
        }
    }
}
