//! What Secrets Manager answers instead of doing what it was asked.

use super::{secret::NoValue, staging::StagingError};

/// A refusal as Secrets Manager words it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequestException", message)
    }
}

impl From<StagingError> for Refusal {
    fn from(error: StagingError) -> Self {
        let code = match error {
            StagingError::OtherBody => "ResourceExistsException",
            StagingError::NoSuchVersion(_) => "ResourceNotFoundException",
            StagingError::NoValue(_) => "InvalidRequestException",
            StagingError::LabelElsewhere { .. }
            | StagingError::LabelNotThere { .. }
            | StagingError::CurrentRemoved
            | StagingError::NothingToDo => "InvalidParameterException",
        };
        Self::new(code, error.to_string())
    }
}

impl From<NoValue> for Refusal {
    fn from(error: NoValue) -> Self {
        let code = match error {
            NoValue::Label(_) | NoValue::Version(_) => "ResourceNotFoundException",
            NoValue::Mismatch => "InvalidRequestException",
        };
        Self::new(code, error.to_string())
    }
}
