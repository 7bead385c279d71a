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
    task::JoinSet,
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
    /// How many files a connection may need, itself included.
    pub files_per_connection: usize,
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
    let mut places =
        Places::new(descriptors::connections(limits.max_connections, limits.files_per_connection));
    let connections = GracefulShutdown::new();
    let mut serving = JoinSet::new();
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
        serving.spawn(async move {
            served.await;
            drop(place);
        });
        // What has ended is not to be remembered.
        while serving.try_join_next().is_some() {}
    }

    drop(listener);
    let finished = tokio::time::timeout(limits.stop_patience, connections.shutdown()).await;
    if finished.is_err() {
        tracing::warn!("cut off connections that did not finish");
    }
    // Whoever works for one of them learns now that it has gone.
    serving.shutdown().await;
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

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[tokio::test]
    async fn what_does_not_finish_in_time_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let limits = Limits { max_connections: 1, files_per_connection: 1, stop_patience: Duration::ZERO };
        let (begun, mut has_begun) = mpsc::channel(1);
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let running = run(listener, limits, stopped, |stream, connection| {
            let begun = begun.clone();
            async move {
                let _held = (stream, connection);
                begun.send(()).await.unwrap();
                std::future::pending::<()>().await;
            }
        });
        let stopping = async {
            has_begun.recv().await.unwrap();
            stop.send(()).unwrap();
        };
        tokio::join!(running, stopping);
        drop(begun);
        assert_eq!(has_begun.recv().await, None, "whoever worked for the connection is gone");
        drop(client);
    }
}
