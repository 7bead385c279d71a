//! What the function fails with, as the gateway sees it.
//!
//! A gateway answers 401 to an error whose message is exactly `Unauthorized`,
//! and 500 to every other; so that word stands for "no" and never for "could
//! not tell".

use std::fmt;

use lambda_runtime::Diagnostic;
use token::Reason;

use crate::{answer::PolicyTooLarge, event::UnknownEvent};
use decision::Unavailable;

/// Why the function did not answer.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    #[error("Unauthorized")]
    Unauthorized,
    #[error("the decision is not available: {0}")]
    Unavailable(Reason),
    #[error("{0}")]
    Event(#[source] UnknownEvent),
    #[error("the answer is larger than a gateway accepts")]
    AnswerTooLarge,
}

/// The runtime writes this to its log; the message is all there is to say.
impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Unavailable> for HandlerError {
    fn from(Unavailable(reason): Unavailable) -> Self {
        Self::Unavailable(reason)
    }
}

impl From<UnknownEvent> for HandlerError {
    fn from(event: UnknownEvent) -> Self {
        Self::Event(event)
    }
}

impl From<PolicyTooLarge> for HandlerError {
    fn from(PolicyTooLarge: PolicyTooLarge) -> Self {
        Self::AnswerTooLarge
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match error {
            HandlerError::Unauthorized => "Unauthorized",
            HandlerError::Unavailable(_) => "Unavailable",
            HandlerError::Event(_) => "UnknownEvent",
            HandlerError::AnswerTooLarge => "AnswerTooLarge",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_401_is_exact_and_nothing_else_has_it() {
        let message = |error| Diagnostic::from(error).error_message;
        assert_eq!(message(HandlerError::Unauthorized), "Unauthorized");
        for error in [
            HandlerError::Unavailable(Reason::KeysUnavailable),
            HandlerError::Unavailable(Reason::RegistryUnavailable),
            HandlerError::Event(UnknownEvent::Unknown),
            HandlerError::AnswerTooLarge,
        ] {
            assert_ne!(message(error), "Unauthorized");
        }
    }
}
