//! Why a step failed. Secrets Manager runs the whole rotation again later.

use lambda_runtime::Diagnostic;
use token::{SecretError, rotation::UnfitRing};

/// Why a step of a rotation failed; never quotes a secret.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("the event is not a rotation event with Step, SecretId and ClientRequestToken")]
    Event,
    #[error("rotation is not enabled for this secret")]
    NotEnabled,
    #[error("the version of this rotation is not staged AWSPENDING")]
    NotPending,
    #[error("the secret has no current value")]
    NoCurrentValue,
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the pending key ring was given up: {0}")]
    GivenUp(#[from] UnfitRing),
    #[error("the operating system gave no random bytes")]
    Randomness,
    #[error("Secrets Manager did not answer as needed: {0}")]
    SecretsManager(String),
}

impl From<RotationError> for Diagnostic {
    fn from(error: RotationError) -> Self {
        Self { error_type: "RotationError".into(), error_message: error.to_string() }
    }
}
