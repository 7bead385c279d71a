//! Why something was not done, or could not be told.
//!
//! A [`Refusal`] is an answer of the registry that was read; the other variant of
//! [`ConsumerError`] leaves the question open. Nothing here holds a secret or a
//! name that somebody typed: places, numbers and lengths only.

use std::fmt;

use token::CredentialError;

use super::{
    consumer::{MAX_NAME_BYTES, MAX_TAG_BYTES, MAX_TAGS},
    credential::MAX_SECRET_BYTES,
};
use crate::RegistryUnavailable;

/// Why a call has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConsumerError {
    /// No.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Could not tell. What was to be written may have been.
    #[error(transparent)]
    Unavailable(#[from] RegistryUnavailable),
}

/// "No", and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such {0}")]
    NotFound(Missing),
    #[error("the {0} is taken")]
    Conflict(Taken),
    #[error(transparent)]
    Invalid(#[from] Fault),
}

/// What is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Consumer,
    Credential,
}

/// What belongs to another already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    ConsumerId,
    Username,
    CustomId,
    CredentialId,
    CredentialKey,
}

/// What is wrong with what was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the id is no UUID")]
    Id,
    #[error("the {0} is not 1 to {MAX_NAME_BYTES} bytes of text without control characters")]
    Name(&'static str),
    #[error(
        "at most {MAX_TAGS} tags are allowed, each of 1 to {MAX_TAG_BYTES} bytes without control characters"
    )]
    Tags,
    /// A verifier would refuse to work with it.
    #[error("the credential cannot be used: {0}")]
    Credential(#[from] CredentialError),
    #[error("the {0} is out of range")]
    OutOfRange(&'static str),
    #[error("secret number {0} has more than {MAX_SECRET_BYTES} bytes")]
    LongSecret(usize),
    #[error("{live} secrets would live at once, at most {most} are allowed")]
    TooManyLiveSecrets { live: usize, most: usize },
    #[error("the consumer has {most} credentials, and may not have more")]
    TooManyCredentials { most: usize },
    /// All of them would have to change at once.
    #[error("the consumer has {have} credentials, and can be renamed with {most} at most")]
    TooManyToRename { have: usize, most: usize },
}

impl From<Fault> for ConsumerError {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<Missing> for ConsumerError {
    fn from(missing: Missing) -> Self {
        Self::Refused(Refusal::NotFound(missing))
    }
}

impl From<Taken> for ConsumerError {
    fn from(taken: Taken) -> Self {
        Self::Refused(Refusal::Conflict(taken))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consumer => "consumer",
            Self::Credential => "credential",
        })
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConsumerId => "id of the consumer",
            Self::Username => "username",
            Self::CustomId => "custom_id",
            Self::CredentialId => "id of the credential",
            Self::CredentialKey => "key of the credential",
        })
    }
}
