//! How an answer of Bedrock ended, and what it cost.

use aws_sdk_bedrockruntime::types::{StopReason, TokenUsage};

use crate::backend::{BackendError, Finish, Usage, retry::Failure};

/// # Errors
///
/// What came is not what the model meant to say.
pub(super) fn of(reason: &StopReason) -> Result<Finish, Failure> {
    match reason {
        StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Ok(Finish::Length),
        StopReason::ContentFiltered | StopReason::GuardrailIntervened => Ok(Finish::ContentFilter),
        StopReason::MalformedModelOutput | StopReason::MalformedToolUse => {
            Err(Failure::lasting(BackendError::Failed))
        }
        // A reason that is newer than this program: the model stopped by itself,
        // and all that it said is here.
        _ => Ok(Finish::Stop),
    }
}

/// `None` where Bedrock did not count: the SDK then says zero.
pub(super) fn usage(usage: &TokenUsage) -> Option<Usage> {
    // What was read from or written to a cache is not among the input tokens.
    let inputs =
        [Some(usage.input_tokens()), usage.cache_read_input_tokens(), usage.cache_write_input_tokens()];
    let input_tokens = inputs.into_iter().flatten().map(count).sum();
    let usage = Usage { input_tokens, output_tokens: count(usage.output_tokens()) };
    (usage.total() > 0).then_some(usage)
}

fn count(tokens: i32) -> u64 {
    u64::try_from(tokens).unwrap_or(0)
}
