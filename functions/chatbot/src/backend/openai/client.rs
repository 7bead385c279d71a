//! The HTTP client towards an endpoint: HTTP/1.1, on the TLS stack that all of
//! this project uses.
//!
//! It follows no redirect: the key would go along. It takes no proxy from the
//! environment either.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tower::{BoxError, Service, service_fn, util::BoxCloneSyncService};

/// For the connection and the handshake of TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Shorter than what servers keep an idle connection for, most of which do so
/// for a minute.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) type Client =
    legacy::Client<BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>, Full<Bytes>>;

pub(super) fn client(tls: &Arc<ClientConfig>) -> Client {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(ClientConfig::clone(tls))
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    let connector = service_fn(move |uri: Uri| {
        let connecting = https.clone().call(uri);
        async move { timeout(CONNECT_TIMEOUT, connecting).await? }
    });
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(BoxCloneSyncService::new(connector))
}

/// Trusts whom the machine trusts, where `url` needs that.
///
/// # Errors
///
/// The machine has no root certificates, or not one of them can be read.
pub(super) fn tls(url: &Uri) -> io::Result<ClientConfig> {
    // By name: rustls picks a provider by itself only where there is one.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    // Reading the certificates takes a while that a plain endpoint has no use for.
    let builder = if url.scheme_str() == Some("https") {
        builder.with_native_roots()?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}
