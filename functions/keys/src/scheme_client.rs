//! The HTTP client under the SDK's clients: with TLS where an address asks for it.
//!
//! The SDK's own one reads the root certificates of the machine before anything
//! is asked, and that takes longer than all else that a cold start does by
//! itself. An endpoint of plain HTTP (a development stack, a proxy on the same
//! machine) has no use for them.

use std::sync::Arc;

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};

/// A client for each scheme. They are cheap; what a connector costs is paid by
/// the first request that needs it.
#[derive(Debug)]
struct Schemes {
    http: SharedHttpClient,
    https: SharedHttpClient,
}

#[derive(Debug, Clone)]
struct SchemeClient(Arc<Schemes>);

/// What requests are sent with, until one says over which scheme.
#[derive(Debug)]
struct SchemeConnector {
    client: SchemeClient,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

pub(crate) fn scheme_client() -> SharedHttpClient {
    // The same code for both, which is half of what a client weighs; without any
    // root certificate nobody could be spoken to over TLS.
    let http = client(TrustStore::empty());
    let https = client(TrustStore::default());
    SharedHttpClient::new(SchemeClient(Arc::new(Schemes { http, https })))
}

fn client(trust_store: TrustStore) -> SharedHttpClient {
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(trust_store).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // Not possible without certificates of our own; the default is as good.
        Err(_) => builder.build_https(),
    }
}

impl HttpClient for SchemeClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let (settings, components) = (settings.clone(), components.clone());
        SharedHttpConnector::new(SchemeConnector { client: self.clone(), settings, components })
    }
}

impl HttpConnector for SchemeConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Schemes { http, https } = &*self.client.0;
        // Both keep their connectors, and with them the connections.
        let client = if request.uri().starts_with("http://") { http } else { https };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}
