//! Serving HTTP until told to stop, and then finishing what has begun.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::http::Request;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt;

use crate::{
    http::{Peer, router},
    issuer::Issuer,
};

/// How long a client may take over the head of a request. Whoever sends a byte
/// a minute must not keep a connection for that.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

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
        let issuer = Arc::clone(&issuer);
        async move { issuer.keep_delivering(stopped).await }
    });
    serve(&issuer, listener, stop).await;

    stopping.send_replace(true);
    if deliveries.await.is_err() {
        tracing::error!("the outbox was not looked after to the end");
    }
    issuer.store.close().await;
}

/// Serves `issuer` on `listener` until `stop` is done. Every request whose head
/// has arrived by then gets its answer.
pub(crate) async fn serve(issuer: &Arc<Issuer>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let router = router(Arc::clone(issuer));
    // HTTP/1 only: to guess the version it would wait for a first byte for ever.
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Small answers should not wait for more to send. Without it they do,
        // and nothing else breaks.
        drop(stream.set_nodelay(true));
        let service = router.clone().map_request(move |mut request: Request<_>| {
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }

    drop(listener);
    let finished = tokio::time::timeout(STOP_PATIENCE, connections.shutdown()).await;
    if finished.is_err() {
        tracing::warn!("cut off connections that did not finish");
    }
}
