//! Why a request is not answered, whatever door it came through.
//!
//! What it is to a client, a status and words, is the API's to say.

use crate::{backend::BackendError, conversation::NoRandomness, store::StoreUnavailable};

/// When to ask again where nobody knows better.
const RETRY_SECS: u64 = 5;

/// What stands against a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// With the error code of RFC 6750 section 3.1 where there was a token.
    Unauthenticated(Option<&'static str>),
    MultipleTokens,
    Forbidden,
    NotFound,
    UnknownModel,
    MethodNotAllowed,
    InvalidRequest(&'static str),
    TooLarge,
    TooSlow,
    IdempotencyInFlight {
        secs: u64,
    },
    IdempotencyMismatch,
    ConversationFull,
    TooManyRequests {
        secs: u64,
    },
    BudgetExhausted {
        secs: u64,
    },
    ModelBusy {
        secs: u64,
    },
    ModelRefused,
    ModelFailed,
    ModelTimeout,
    Unavailable,
    Internal,
}

impl Refusal {
    /// The seconds after which to ask again, where that may help.
    pub(crate) const fn retry_after(self) -> Option<u64> {
        match self {
            Self::IdempotencyInFlight { secs }
            | Self::TooManyRequests { secs }
            | Self::BudgetExhausted { secs }
            | Self::ModelBusy { secs } => Some(secs),
            Self::Unavailable => Some(RETRY_SECS),
            _ => None,
        }
    }
}

impl From<StoreUnavailable> for Refusal {
    fn from(StoreUnavailable: StoreUnavailable) -> Self {
        Self::Unavailable
    }
}

impl From<NoRandomness> for Refusal {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::Internal
    }
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::Busy { retry_after_secs } => {
                Self::ModelBusy { secs: retry_after_secs.unwrap_or(RETRY_SECS) }
            }
            BackendError::Refused => Self::ModelRefused,
            BackendError::Denied | BackendError::Failed => Self::ModelFailed,
            BackendError::TooLate => Self::ModelTimeout,
        }
    }
}
