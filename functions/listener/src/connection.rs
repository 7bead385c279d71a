//! One connection: how its requests are read, and for how long it may be idle.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tower::ServiceExt;

use crate::Peer;

/// How long a new connection may take over the head of its first request.
/// Whoever sends a byte a minute must not keep a connection for that.
const FIRST_HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection may be without a further head. Longer than load
/// balancers keep one open (a minute): of two that close at once, the one that
/// sent a request meanwhile loses it.
const IDLE_PATIENCE: Duration = Duration::from_secs(75);

/// The largest head of a request; what is larger is answered with 431.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The most header lines of a request; more are answered with 431 as well.
const MAX_HEADERS: usize = 100;

/// One connection that was accepted.
pub struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) watcher: Watcher,
}

/// Serves requests on `stream` with `router` until either end has had enough.
/// Each has its [`Peer`] among its extensions.
pub async fn serve_connection<S>(stream: S, connection: Connection, router: Router)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Connection { peer, watcher } = connection;
    // HTTP/1 only: to guess the version it would wait for a first byte for ever.
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_PATIENCE)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    let (begun, mut has_begun) = watch::channel(false);
    let service = router.map_request(move |mut request: Request<_>| {
        begun.send_replace(true);
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let connection = watcher.watch(connection.into_owned());
    let overdue = async {
        let first = has_begun.wait_for(|begun| *begun);
        let came = tokio::time::timeout(FIRST_HEAD_PATIENCE, first).await.is_ok();
        if came {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = connection => if let Err(error) = served {
            tracing::debug!(%error, "a connection broke");
        },
        () = overdue => tracing::debug!("a connection brought no request"),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use hyper_util::server::graceful::GracefulShutdown;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        time::Instant,
    };

    use super::*;

    fn connect() -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(256 * 1024);
        let router = Router::new().route("/", get(async || "here"));
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        tokio::spawn(async move {
            let connections = GracefulShutdown::new();
            let connection = Connection { peer, watcher: connections.watcher() };
            serve_connection(ours, connection, router).await;
        });
        theirs
    }

    /// Sends `text` and returns what comes back until the connection is closed,
    /// and after how many seconds it is.
    async fn until_closed(text: &str) -> (String, u64) {
        let mut stream = connect();
        let began = Instant::now();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        (answer, began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_no_request_is_given_up_soon() {
        assert_eq!(until_closed("").await, (String::new(), 10));
        assert_eq!(until_closed("GET / HTTP/1.1\r\nHost").await, (String::new(), 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_longer_than_a_load_balancer_keeps_it() {
        let (answer, secs) = until_closed("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(secs, 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_a_largest_size_and_number_of_lines() {
        let large = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD_BYTES));
        let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: x\r\n".repeat(MAX_HEADERS));
        for head in [large, many] {
            let (answer, _) = until_closed(&head).await;
            assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        }
    }
}
