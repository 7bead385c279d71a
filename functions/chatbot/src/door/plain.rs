//! The door of a container: plain HTTP, behind a load balancer that ends TLS.
//!
//! SIGTERM stops the listener and lets what has begun come to its end.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, body::Body};
use http::Request;
use listener::{Limits, StallLimit, serve_connection};
use token::SettingsReader;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tower::ServiceExt;

use super::{Deadline, Origin};
use crate::tasks::Tasks;

/// How many connections there are at once.
const MAX_CONNECTIONS: usize = 4096;

/// How long the answers that were cut off may take to be kept.
const KEEP_PATIENCE: Duration = Duration::from_secs(3);

/// Where to listen, and how to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlainSettings {
    address: SocketAddr,
    drain: Duration,
}

impl PlainSettings {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let host =
            reader.optional("HOST").map_or(Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), |host| host.parse().ok());
        if host.is_none() {
            reader.fault("HOST", "is not an IP address to listen on");
        }
        let port = reader.number("PORT", 8080, 0..=65_535);
        Self {
            address: SocketAddr::new(
                host.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                u16::try_from(port).unwrap_or_default(),
            ),
            drain: Duration::from_secs(reader.number("DRAIN_SECONDS", 25, 0..=3600)),
        }
    }
}

/// Serves `router` until SIGTERM or SIGINT, and then what has begun.
///
/// # Errors
///
/// The address cannot be listened on.
pub(crate) async fn serve_plain(
    router: Router,
    settings: PlainSettings,
    tasks: &Tasks,
) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind(settings.address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    };
    let router: Router = Router::new().fallback_service(router.map_request(|mut request: Request<Body>| {
        request.extensions_mut().insert(Origin::Direct("http"));
        request.extensions_mut().insert(Deadline::after(None));
        request
    }));
    let limits = Limits {
        max_connections: MAX_CONNECTIONS,
        // Its own, and one to the model.
        files_per_connection: 2,
        stop_patience: settings.drain,
    };
    listener::run(listener, limits, stop, |stream, connection| {
        let router = router.clone();
        async move { serve_connection(StallLimit::new(stream), connection, router).await }
    })
    .await;
    // An answer whose reader has gone is still to be kept.
    if tokio::time::timeout(KEEP_PATIENCE, tasks.ended()).await.is_err() {
        tracing::warn!("stopped before every answer was kept");
    }
    Ok(())
}
