//! Why there is no answer, or no more of it.

/// What went wrong, by what the caller can do about it. No text of a prompt or
/// of a model is in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BackendError {
    /// The model has too much to do; asking again later helps.
    #[error("the model is busy")]
    Busy { retry_after_secs: Option<u64> },
    /// The model does not take this prompt: too long, or malformed.
    #[error("the model does not take this prompt")]
    Refused,
    /// This deployment may not call the model, or it does not exist.
    #[error("the model cannot be called by this deployment")]
    Denied,
    /// The model or the way to it failed.
    #[error("the model failed")]
    Failed,
    /// The answer was not there by the deadline.
    #[error("the model took too long")]
    TooLate,
}
