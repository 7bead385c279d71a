//! TLS of the listener itself, asked by a real client.

use std::{path::PathBuf, sync::Arc};

use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::CertificateDer,
        version::{TLS12, TLS13},
    },
};

use super::{
    app::{App, SECRET},
    database::{TestDatabase, on_each_database},
};
use crate::settings::ServeSettings;

/// An issuer with a certificate for `localhost`.
struct SecureApp {
    app: App,
    certificate_file: PathBuf,
    key_file: PathBuf,
}

/// A certificate, and what it says of itself, both for tests alone.
fn new_certificate() -> CertifiedKey<KeyPair> {
    let signing_key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    CertifiedKey { cert: parameters.self_signed(&signing_key).unwrap(), signing_key }
}

/// What a client saw of the server.
struct Seen {
    version: ProtocolVersion,
    protocol: Option<Vec<u8>>,
    certificate: CertificateDer<'static>,
    answer: String,
}

impl SecureApp {
    async fn start(pair: &CertifiedKey<KeyPair>) -> Self {
        let database = TestDatabase::new();
        let certificate_file = database.folder.join("certificate.pem");
        let key_file = database.folder.join("key.pem");
        std::fs::write(&certificate_file, pair.cert.pem()).unwrap();
        std::fs::write(&key_file, pair.signing_key.serialize_pem()).unwrap();
        let settings = [
            ("JWT_SECRET", SECRET),
            ("ISSUER_TLS_CERTIFICATE", certificate_file.to_str().unwrap()),
            ("ISSUER_TLS_PRIVATE_KEY", key_file.to_str().unwrap()),
        ];
        let app = App::start_in(database, &settings).await;
        Self { app, certificate_file, key_file }
    }

    /// Asks as a client that trusts `trusted` and speaks one version.
    async fn ask(
        &self,
        trusted: &[&CertifiedKey<KeyPair>],
        version: &'static SupportedProtocolVersion,
    ) -> std::io::Result<Seen> {
        let mut roots = RootCertStore::empty();
        for pair in trusted {
            roots.add(pair.cert.der().clone()).unwrap();
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.app.address).await?;
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await?;
        let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let session = stream.get_ref().1;
        Ok(Seen {
            version: session.protocol_version().unwrap(),
            protocol: session.alpn_protocol().map(Into::into),
            certificate: session.peer_certificates().unwrap()[0].clone().into_owned(),
            answer,
        })
    }
}

async fn both_versions_of_tls_are_spoken_and_nothing_plain() {
    let pair = new_certificate();
    let secure = SecureApp::start(&pair).await;
    for (version, expected) in [(&TLS13, ProtocolVersion::TLSv1_3), (&TLS12, ProtocolVersion::TLSv1_2)] {
        let seen = secure.ask(&[&pair], version).await.unwrap();
        assert_eq!(seen.version, expected);
        assert_eq!(seen.protocol.as_deref(), Some(&b"http/1.1"[..]));
        assert!(seen.answer.starts_with("HTTP/1.1 200 OK\r\n"), "{}", seen.answer);
        assert!(seen.answer.contains("strict-transport-security: max-age=31536000\r\n"), "{}", seen.answer);
    }
    let mut plain = TcpStream::connect(secure.app.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // It may end with an error as well: what counts is that nothing was told.
    drop(plain.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP"));
    assert!(secure.ask(&[&new_certificate()], &TLS13).await.is_err(), "the client really checks");
}

async fn a_handshake_that_hangs_holds_up_nobody() {
    let pair = new_certificate();
    let secure = SecureApp::start(&pair).await;
    let mut hanging = TcpStream::connect(secure.app.address).await.unwrap();
    hanging.write_all(&[0x16, 3, 1]).await.unwrap();
    assert!(secure.ask(&[&pair], &TLS13).await.unwrap().answer.contains("200 OK"));
}

async fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
    let (old, new) = (new_certificate(), new_certificate());
    let secure = SecureApp::start(&old).await;
    let trusted = [&old, &new];
    let shown = async || secure.ask(&trusted, &TLS13).await.unwrap().certificate;
    assert_eq!(shown().await, *old.cert.der());

    std::fs::write(&secure.certificate_file, new.cert.pem()).unwrap();
    assert_eq!(shown().await, *old.cert.der(), "the files are not looked at for every handshake");
    secure.app.clock.advance(60);
    assert_eq!(shown().await, *old.cert.der(), "its key is still the old one");
    std::fs::write(&secure.key_file, "half a key").unwrap();
    secure.app.clock.advance(60);
    assert_eq!(shown().await, *old.cert.der());
    std::fs::remove_file(&secure.key_file).unwrap();
    secure.app.clock.advance(60);
    assert_eq!(shown().await, *old.cert.der());

    std::fs::write(&secure.key_file, new.signing_key.serialize_pem()).unwrap();
    assert_eq!(shown().await, *old.cert.der(), "a failure is not followed by more looks");
    secure.app.clock.advance(60);
    assert_eq!(shown().await, *new.cert.der());
}

fn what_cannot_be_used_is_a_fault_of_the_settings() {
    let database = TestDatabase::new();
    let file = |name: &str, text: &str| {
        let path = database.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (one, other) = (new_certificate(), new_certificate());
    let certificate = file("certificate", &one.cert.pem());
    let key = file("key", &one.signing_key.serialize_pem());
    let other_key = file("other", &other.signing_key.serialize_pem());
    let check = |certificate: &str, key: &str| {
        let settings = [
            ("JWT_SECRET", SECRET),
            ("JWT_ISSUER", "https://auth.example.com"),
            ("JWT_AUDIENCE", "chatbot"),
            ("ISSUER_LISTEN", "0.0.0.0:8443"),
            ("ISSUER_TLS_CERTIFICATE", certificate),
            ("ISSUER_TLS_PRIVATE_KEY", key),
        ];
        let environment = |name: &str| {
            let found = settings.iter().find(|(candidate, _)| *candidate == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        ServeSettings::read(&environment).map(|_| ()).map_err(|faults| faults.to_string())
    };
    assert_eq!(check(&certificate, &key), Ok(()));
    for (certificate, key, name, what) in [
        (certificate.as_str(), "", "ISSUER_TLS_PRIVATE_KEY", "is required"),
        ("", &key, "ISSUER_TLS_CERTIFICATE", "is required"),
        ("/nowhere", &key, "ISSUER_TLS_CERTIFICATE", "could not be read"),
        (&certificate, "/nowhere", "ISSUER_TLS_PRIVATE_KEY", "could not be read"),
        (&key, &key, "ISSUER_TLS_CERTIFICATE", "no such PEM section"),
        (&certificate, &certificate, "ISSUER_TLS_PRIVATE_KEY", "no such PEM section"),
        (&certificate, &other_key, "ISSUER_TLS_CERTIFICATE", "do not work"),
    ] {
        let told = check(certificate, key).unwrap_err();
        assert!(told.contains(name) && told.contains(what), "{told}");
        assert!(!told.contains("BEGIN"), "{told}");
    }
}

mod sync {
    use super::{on_each_database, what_cannot_be_used_is_a_fault_of_the_settings};

    on_each_database! {
        sync:
        what_cannot_be_used_is_a_fault_of_the_settings,
    }
}

on_each_database! {
    both_versions_of_tls_are_spoken_and_nothing_plain,
    a_handshake_that_hangs_holds_up_nobody,
    a_renewed_certificate_is_taken_up_and_a_broken_one_is_not,
}
