//! Why a place was not shown or written to.

use token::SecretError;

use crate::SourceError;

/// Why, by what its caller does next; never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Choose another place.
    #[error(
        "{0} can be read only: to make and rotate keys, keep them in Secrets Manager (JWT_SECRET_ARN) \
         or in a file (JWT_SECRET_FILE)"
    )]
    NotWritable(&'static str),
    /// Force it, or leave it.
    #[error("there is a value already")]
    Exists,
    /// Somebody else was faster: read again, and decide again.
    #[error("somebody else has changed it meanwhile; nothing was overwritten")]
    Conflict,
    /// Access denied, not found, not allowed: nothing that anybody reads was changed.
    #[error("the secret store refused: {0}")]
    Refused(String),
    /// Throttled, out of order or out of reach: whether a change was made is not
    /// known.
    #[error("the secret store could not be reached: {0}")]
    Unavailable(String),
    /// What is there, or what was to be written, holds no usable key.
    #[error(transparent)]
    Invalid(#[from] SecretError),
}

impl From<SourceError> for StoreError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Transient(told) => Self::Unavailable(told),
            SourceError::Refused(told) => Self::Refused(told),
            SourceError::Invalid(error) => Self::Invalid(error),
        }
    }
}
