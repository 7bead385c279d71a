//! The certificate and its private key, as files.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use token::{SettingsReader, Timestamp};
use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    version::{TLS12, TLS13},
};

use super::expiry::not_after;

/// Where certificate and private key are, both PEM.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    certificate: PathBuf,
    private_key: PathBuf,
}

/// What the files hold, ready to be used.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) stamp: Stamp,
}

/// What changes with a file: when it was written and how long it is.
pub(super) type Stamp = [(SystemTime, u64); 2];

/// Why the files cannot be used. Says nothing of what is in them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsFault {
    #[error("the certificate {0}")]
    Certificate(PemFault),
    #[error("the private key {0}")]
    PrivateKey(PemFault),
    #[error("the certificate and the private key do not work: {0}")]
    Unfit(#[from] rustls::Error),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PemFault {
    #[error("could not be read: {0}")]
    File(#[from] std::io::Error),
    #[error("is not there: its file holds no such PEM section")]
    Missing,
    #[error("is not PEM")]
    NotPem,
}

impl TlsFiles {
    /// Reads where the files are, and whether they can be used.
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Option<Self> {
        let certificate = reader.optional("ISSUER_TLS_CERTIFICATE");
        let private_key = reader.optional("ISSUER_TLS_PRIVATE_KEY");
        match (certificate, private_key) {
            (None, None) => None,
            (Some(certificate), Some(private_key)) => {
                let files = Self { certificate: certificate.into(), private_key: private_key.into() };
                if let Err(fault) = files.load() {
                    let name = match fault {
                        TlsFault::Certificate(_) | TlsFault::Unfit(_) => "ISSUER_TLS_CERTIFICATE",
                        TlsFault::PrivateKey(_) => "ISSUER_TLS_PRIVATE_KEY",
                    };
                    reader.fault(name, format_args!("cannot be used: {fault}"));
                }
                Some(files)
            }
            (Some(_), None) => {
                reader.fault("ISSUER_TLS_PRIVATE_KEY", "is required with ISSUER_TLS_CERTIFICATE");
                None
            }
            (None, Some(_)) => {
                reader.fault("ISSUER_TLS_CERTIFICATE", "is required with ISSUER_TLS_PRIVATE_KEY");
                None
            }
        }
    }

    pub(super) fn load(&self) -> Result<Loaded, TlsFault> {
        // Taken first: what is written while this reads is seen at the next look.
        let stamp = self.stamp()?;
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| TlsFault::Certificate(error.into()))?;
        let first = chain.first().ok_or(TlsFault::Certificate(PemFault::Missing))?;
        let expires_at = not_after(first);
        let private_key = PrivateKeyDer::from_pem_file(&self.private_key)
            .map_err(|error| TlsFault::PrivateKey(error.into()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain, private_key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Loaded { config: Arc::new(config), expires_at, stamp })
    }

    pub(super) fn stamp(&self) -> Result<Stamp, TlsFault> {
        let stamp = |path: &PathBuf| {
            let metadata = std::fs::metadata(path)?;
            Ok((metadata.modified()?, metadata.len()))
        };
        Ok([
            stamp(&self.certificate).map_err(|error| TlsFault::Certificate(PemFault::File(error)))?,
            stamp(&self.private_key).map_err(|error| TlsFault::PrivateKey(PemFault::File(error)))?,
        ])
    }
}

impl From<pem::Error> for PemFault {
    fn from(error: pem::Error) -> Self {
        match error {
            pem::Error::Io(error) => Self::File(error),
            pem::Error::NoItemsFound => Self::Missing,
            // The others quote the file.
            _ => Self::NotPem,
        }
    }
}
