//! `issuer serve` and `issuer migrate`.

use std::{num::NonZero, sync::Arc};

use anyhow::Context as _;
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Context, Failure};
use crate::{
    issuer::Issuer,
    log, server,
    settings::ServeSettings,
    start::Surroundings,
    store::{DatabaseUrl, Store},
};

impl Context<'_> {
    pub(super) async fn serve(&mut self) -> Result<(), Failure> {
        let settings = ServeSettings::read(self.environment)?;
        log::start(settings.log);
        let address = settings.listen;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let clock = Arc::clone(&self.clock);
        let issuer =
            Issuer::start(settings, Surroundings::connect, clock, cores).await.context("could not start")?;
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))?;
        let address = listener.local_addr().context("could not listen")?;
        let stop = stop_signal().context("could not wait for signals")?;
        tracing::info!(%address, "listening");
        server::run(Arc::new(issuer), listener, stop).await;
        tracing::info!("stopped");
        Ok(())
    }

    pub(super) async fn migrate(&mut self) -> Result<(), Failure> {
        let url = DatabaseUrl::read(self.environment)?;
        let store = Store::open(&url).await.context("could not migrate")?;
        store.close().await;
        let value = json!({"status": "up to date"});
        Ok(self.output.print("the database is up to date", &value)?)
    }
}

/// Done at the first SIGTERM or SIGINT.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
