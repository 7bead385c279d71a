//! The port to a secret store, and which adapter the settings chose.

use std::pin::Pin;

use token::{KeyRing, SecretError, SecretForm, SecretValue};
use zeroize::Zeroizing;

use crate::{ParameterSource, SecretsManagerSource, file};

/// Gives the current ring.
pub trait SecretSource: Send + Sync {
    fn fetch(&self, versions: Versions) -> impl Future<Output = Result<KeyRing, SourceError>> + Send;
}

/// Which versions of a plain secret are asked for. A key ring is one version, and
/// always whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// The current one: all that most tokens need, for one question.
    Current,
    /// The one before it too.
    CurrentAndPrevious,
}

/// Why a store gave no ring, by what the caller does next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// Throttled, out of order or out of reach: a copy may serve meanwhile.
    #[error("the secret store could not be reached: {0}")]
    Transient(String),
    /// Access denied, deleted, not found: a copy must not outlive this.
    #[error("the secret store refused: {0}")]
    Refused(String),
    /// The store answered with something that holds no usable key.
    #[error(transparent)]
    Invalid(#[from] SecretError),
}

/// The source that the settings name.
pub enum ConfiguredSource {
    SecretsManager(SecretsManagerSource),
    Parameter(ParameterSource),
    File {
        path: String,
        form: SecretForm,
    },
    /// The value itself, from the environment.
    Value {
        value: Zeroizing<String>,
        form: SecretForm,
    },
}

impl SecretSource for ConfiguredSource {
    fn fetch(&self, versions: Versions) -> impl Future<Output = Result<KeyRing, SourceError>> + Send {
        // In a box: the SDK's part is deep, and is compiled here and not with
        // whoever asks, for whom every instruction counts.
        let answer: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(async move {
            match self {
                Self::SecretsManager(source) => source.fetch(versions).await,
                Self::Parameter(source) => source.fetch(versions).await,
                Self::File { path, form } => file::read(path, form),
                Self::Value { value, form } => ring_of(value, form).map_err(SourceError::from),
            }
        });
        answer
    }
}

/// Returns the ring of a value from a store without versions.
pub(crate) fn ring_of(value: &str, form: &SecretForm) -> Result<KeyRing, SecretError> {
    SecretValue::parse(value, None, form).map(KeyRing::from)
}
