//! Which error a client gets for what went wrong inside.

use super::error::ApiError;
use crate::{issuer::Fault, password::PasswordRefused, user::ProfileError};

impl From<PasswordRefused> for ApiError {
    fn from(refused: PasswordRefused) -> Self {
        Self::WeakPassword(refused)
    }
}

impl From<ProfileError> for ApiError {
    fn from(error: ProfileError) -> Self {
        Self::InvalidRequest(match error {
            ProfileError::Username => "the username is not one that a user can have",
            ProfileError::Name => "the name is not one that a user can have",
            ProfileError::Email => "the e-mail address is none",
            ProfileError::Id => "the id is not one that a user can have",
        })
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let error = match &fault {
            Fault::Busy(_) => Self::Busy,
            Fault::KeysUnavailable(_) | Fault::NoSigningKey => Self::KeysUnavailable,
            Fault::Store(_) | Fault::Contention => Self::DatabaseUnavailable,
            Fault::Registry(_) => Self::RegistryUnavailable,
            Fault::Randomness(_) | Fault::Hash(_) => Self::Internal,
        };
        let code = error.code();
        let cause = std::error::Error::source(&fault).map(ToString::to_string);
        if error == Self::Busy {
            tracing::warn!(code, "turned a login away");
        } else {
            tracing::error!(code, error = %fault, cause, "could not answer");
        }
        error
    }
}
