//! Serving HTTP until told to stop, and then finishing what has begun.
//!
//! There are so many connections at once and no more: beyond that, new ones
//! wait with the operating system until one of the others ends, and none of
//! them may dawdle. So a flood costs a bounded amount of memory.

mod connection;
mod descriptors;
mod places;
mod settings;
mod stall;
mod tls;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, watch},
};

use self::{places::Places, stall::StallLimit};
pub(crate) use self::{
    settings::ServerSettings,
    tls::{Certificates, TlsFault, TlsFiles},
};
use crate::{http::router, issuer::Issuer};

/// How long requests that have begun may take after the signal to stop. Longer
/// than any request may take; what is cut off after this never sent its head.
const STOP_PATIENCE: Duration = Duration::from_secs(8);

/// A pause after a failure to accept: with all file descriptors in use the next
/// attempt would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `issuer` and delivers its revocations until `stop` is done.
pub(crate) async fn run(issuer: Arc<Issuer>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let deliveries = tokio::spawn({
        let (issuer, stopped) = (Arc::clone(&issuer), stopped.clone());
        async move { issuer.keep_delivering(stopped).await }
    });
    let checkpoints = tokio::spawn({
        let issuer = Arc::clone(&issuer);
        async move { issuer.keep_checkpointing(stopped).await }
    });
    serve(&issuer, listener, stop).await;

    stopping.send_replace(true);
    if deliveries.await.is_err() {
        tracing::error!("the outbox was not looked after to the end");
    }
    if checkpoints.await.is_err() {
        tracing::error!("the log of the database was not looked after to the end");
    }
    issuer.store.close().await;
}

/// Serves `issuer` on `listener` until `stop` is done. Every request whose head
/// has arrived by then gets its answer.
pub(crate) async fn serve(issuer: &Arc<Issuer>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let router = router(Arc::clone(issuer));
    let mut places = Places::new(descriptors::connections(issuer.server.max_connections));
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
        let open = issuer.metrics.connection();
        let (issuer, router, watcher) = (Arc::clone(issuer), router.clone(), connections.watcher());
        tokio::spawn(async move {
            let stream = StallLimit::new(stream);
            match &issuer.certificates {
                None => connection::serve(stream, peer, router, watcher).await,
                Some(certificates) => {
                    if let Some(stream) = certificates.shake_hands(stream, issuer.moment()).await {
                        connection::serve(stream, peer, router, watcher).await;
                    }
                }
            }
            drop((place, open));
        });
    }

    drop(listener);
    let finished = tokio::time::timeout(STOP_PATIENCE, connections.shutdown()).await;
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
