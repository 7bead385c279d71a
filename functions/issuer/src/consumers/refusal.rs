//! Why the registry said no, by the field that it is about.
//!
//! What somebody gave is not said again: it may be a secret in the wrong place.

use std::fmt;

use registry::{Fault, Missing, Refusal, Taken};
use token::{CredentialError, MAX_SECRETS, SecretError};

/// A field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldFault {
    pub(crate) field: &'static str,
    /// Continues a sentence about the field.
    pub(crate) what: String,
}

/// What kind of no it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    NotFound(&'static str),
    Taken(FieldFault),
    Invalid(FieldFault),
}

impl From<&Refusal> for Told {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound(Missing::Consumer) => Self::NotFound("there is no such consumer"),
            Refusal::NotFound(Missing::Credential) => Self::NotFound("there is no such credential"),
            Refusal::Conflict(taken) => Self::Taken(FieldFault::new(taken_field(*taken), "is taken")),
            Refusal::Invalid(fault) => Self::Invalid(fault_of(fault)),
        }
    }
}

impl FieldFault {
    pub(crate) fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self { field, what: what.into() }
    }
}

const fn taken_field(taken: Taken) -> &'static str {
    match taken {
        Taken::ConsumerId | Taken::CredentialId => "id",
        Taken::Username => "username",
        Taken::CustomId => "custom_id",
        Taken::CredentialKey => "key",
    }
}

fn fault_of(fault: &Fault) -> FieldFault {
    const NAME: &str = "is not 1 to 255 bytes of text without control characters";
    match fault {
        Fault::Id => FieldFault::new("id", "is not a UUID"),
        Fault::Name(field) | Fault::Credential(CredentialError::Name(field)) => {
            FieldFault::new(if *field == "consumer" { "username" } else { field }, NAME)
        }
        Fault::Tags => FieldFault::new(
            "tags",
            "are not at most 64 texts, each of 1 to 128 bytes without control characters",
        ),
        Fault::Credential(CredentialError::Lifetime) => FieldFault::new("max_lifetime_seconds", "is zero"),
        Fault::Credential(CredentialError::SecretCount(_)) => FieldFault::new("secret", "is missing"),
        Fault::Credential(CredentialError::Secret { reason, .. }) => secret_fault(reason),
        Fault::Credential(CredentialError::SameSecret) => {
            FieldFault::new("secret", "is one that the credential has already")
        }
        Fault::OutOfRange("max_lifetime_secs") => FieldFault::new("max_lifetime_seconds", "is out of range"),
        Fault::OutOfRange(field) => FieldFault::new(field, "is out of range"),
        Fault::LongSecret(_) => FieldFault::new("secret", "has more than 4096 bytes"),
        Fault::TooManyLiveSecrets { live, .. } => FieldFault::new(
            "secret",
            format!("would be the {live}th that is good at once; at most {MAX_SECRETS} may be"),
        ),
        Fault::TooManyCredentials { most } => {
            FieldFault::new("consumer", format!("has {most} credentials, and may not have more"))
        }
        Fault::TooManyToRename { have, most } => FieldFault::new(
            "username",
            format!(
                "cannot change: the consumer has {have} credentials, and with more than {most} it keeps its names"
            ),
        ),
    }
}

/// A sentence of its own, continued as one about the field.
fn secret_fault(reason: &SecretError) -> FieldFault {
    let reason = reason.to_string();
    FieldFault::new("secret", reason.strip_prefix("the secret ").unwrap_or(&reason))
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} {}", self.field, self.what)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) => f.write_str(what),
            Self::Taken(fault) | Self::Invalid(fault) => fault.fmt(f),
        }
    }
}
