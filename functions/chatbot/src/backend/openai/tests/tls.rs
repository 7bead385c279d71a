//! Endpoints over TLS.

use std::sync::Arc;

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

use super::*;
use crate::backend::{BackendError, tests::answer};

/// A server of TLS for `name`, and whoever trusts it.
fn certified(name: &str) -> (TlsAcceptor, Arc<ClientConfig>) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let certificate: CertificateDer<'static> = cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), Arc::new(client))
}

fn secured(model: &StandIn, tls: Arc<ClientConfig>) -> Backend {
    let url = model.url().replace("http://127.0.0.1", "https://localhost");
    backend(OpenAiSettings { tls, ..settings(&url) })
}

#[tokio::test]
async fn an_endpoint_that_is_vouched_for_is_called() {
    let (acceptor, trust) = certified("localhost");
    let model = StandIn::start();
    let backend = secured(&model, trust);
    // In a box: a handshake is large.
    let model = Box::pin(async {
        let stream = acceptor.accept(model.connection().await).await.unwrap();
        let call = Call::read(stream).await;
        assert_eq!(call.header("authorization"), Some("Bearer sk-test"));
        call.answer(200, "", &completion("here", "stop").to_string()).await;
    });
    let (answer, ()) = answer(&backend, model).await;
    assert_eq!(answer.unwrap().text, "here");
}

#[tokio::test]
async fn any_other_endpoint_is_not() {
    let (_, trust) = certified("localhost");
    let (impostor, _) = certified("localhost");
    let (elsewhere, trusts_elsewhere) = certified("elsewhere.example");
    for (acceptor, trust) in [(impostor, trust), (elsewhere, trusts_elsewhere)] {
        let model = StandIn::start();
        let backend = secured(&model, trust);
        let model = Box::pin(async {
            for _ in 0..3 {
                let shaken = acceptor.accept(model.connection().await).await;
                assert!(shaken.is_err(), "it was called");
            }
        });
        let (answer, ()) = answer(&backend, model).await;
        assert_eq!(answer, Err(BackendError::Failed));
    }
}
