//! The issuer's listener, and what runs beside it.

mod settings;
mod tls;

use std::{sync::Arc, time::Duration};

use listener::{Limits, StallLimit, serve_connection};
use tokio::{net::TcpListener, sync::watch};

pub(crate) use self::{
    settings::ServerSettings,
    tls::{Certificates, TlsFault, TlsFiles},
};
use crate::{http::router, issuer::Issuer};

/// How long requests that have begun may take after the signal to stop. Longer
/// than any request may take; what is cut off after this never sent its head.
const STOP_PATIENCE: Duration = Duration::from_secs(8);

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
    let limits = Limits {
        max_connections: issuer.server.max_connections,
        files_per_connection: 1,
        stop_patience: STOP_PATIENCE,
    };
    listener::run(listener, limits, stop, |stream, connection| {
        let open = issuer.metrics.connection();
        let (issuer, router) = (Arc::clone(issuer), router.clone());
        async move {
            let stream = StallLimit::new(stream);
            match &issuer.certificates {
                None => serve_connection(stream, connection, router).await,
                Some(certificates) => {
                    if let Some(stream) = certificates.shake_hands(stream, issuer.moment()).await {
                        serve_connection(stream, connection, router).await;
                    }
                }
            }
            drop(open);
        }
    })
    .await;
}
