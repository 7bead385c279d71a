//! Serving HTTP until told to stop, and then finishing what has begun.
//!
//! There are so many connections at once and no more: beyond that, new ones
//! wait with the operating system until one of the others ends, and none of
//! them may dawdle. So a flood costs a bounded amount of memory.

mod connection;
mod descriptors;
mod peer;
mod places;
mod stall;

use std::{net::SocketAddr, pin::pin, time::Duration};

use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
};

pub use connection::{Connection, serve_connection};
pub use peer::Peer;
use places::Places;
pub use stall::StallLimit;

/// A pause after a failure to accept: with all file descriptors in use the next
/// attempt would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a listener grants.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections there are at once; fewer where this process may not
    /// open so many files.
    pub max_connections: usize,
    /// How long requests that have begun may take after the signal to stop.
    pub stop_patience: Duration,
}

/// Accepts connections until `stop` is done, and hands each to `serve`, whose
/// work ends with the connection. Every request whose head has arrived by then
/// gets its answer, within the patience that `limits` grant.
pub async fn run<Served: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    limits: Limits,
    stop: impl Future<Output = ()>,
    serve: impl Fn(TcpStream, Connection) -> Served,
) {
    let mut places = Places::new(descriptors::connections(limits.max_connections));
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &mut places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let served = serve(stream, Connection { peer, watcher: connections.watcher() });
        tokio::spawn(async move {
            served.await;
            drop(place);
        });
    }

    drop(listener);
    let finished = tokio::time::timeout(limits.stop_patience, connections.shutdown()).await;
    if finished.is_err() {
        tracing::warn!("cut off connections that did not finish");
    }
}

/// Returns the next connection, once there is a place for it; `None` where that
/// failed.
async fn accept(
    listener: &TcpListener,
    places: &mut Places,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.take().await?;
    let (stream, peer) = listener
        .accept()
        .await
        .inspect_err(|error| tracing::warn!(%error, "could not accept a connection"))
        .ok()?;
    // Small answers should not wait for more to send. Without it they do, and
    // nothing else breaks.
    drop(stream.set_nodelay(true));
    Some((stream, peer, place))
}
