//! What a failed call of an endpoint means.
//!
//! Status and code of an error go to the log; its text does not, since it may
//! quote the prompt, and some servers quote the key.

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use super::reply::{Error, ErrorBody};
use crate::backend::{BackendError, retry::Failure};

/// An answer of the endpoint that is not a success.
pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let code = serde_json::from_slice(body).ok().and_then(|body: ErrorBody| body.error.code());
    let retry_after_secs = retry_after(headers);
    let failure = match status.as_u16() {
        // No money left, say, which no waiting brings back.
        _ if is_fault_of_deployment(code.as_deref()) => Failure::lasting(BackendError::Denied),
        // 529 is what overloaded endpoints of some makers say.
        429 | 529 => Failure::busy(retry_after_secs),
        400 | 413 | 422 => Failure::lasting(BackendError::Refused),
        // 402 is a bill that was not paid; with 404 the model or the whole path
        // is not there.
        401..=404 => Failure::lasting(BackendError::Denied),
        408 | 504 => Failure::lasting(BackendError::TooLate),
        500 | 502 | 503 => Failure::passing().not_before(retry_after_secs),
        // Redirects among them.
        _ => Failure::lasting(BackendError::Failed),
    };
    note(code.as_deref().unwrap_or("without a code"), Some(status), failure);
    failure
}

/// An error where a piece of an answer should be.
pub(super) fn of_event(error: &Error) -> Failure {
    let code = error.code();
    let failure = match code.as_deref() {
        Some("429" | "rate_limit_exceeded" | "rate_limit_error" | "overloaded_error") => Failure::busy(None),
        code if is_fault_of_deployment(code) => Failure::lasting(BackendError::Denied),
        Some("context_length_exceeded" | "invalid_request_error") => Failure::lasting(BackendError::Refused),
        _ => Failure::passing(),
    };
    note(code.as_deref().unwrap_or("without a code"), None, failure);
    failure
}

fn is_fault_of_deployment(code: Option<&str>) -> bool {
    matches!(code, Some("insufficient_quota" | "model_not_found"))
}

/// Nobody waits longer than a day.
const MAX_RETRY_AFTER_SECS: u64 = 86_400;

/// No answer, for a reason of the way to the endpoint.
pub(super) fn of_connection() -> Failure {
    noted("connection", Failure::passing())
}

/// An answer that is none of the format.
pub(super) fn of_nonsense() -> Failure {
    noted("answer not understood", Failure::lasting(BackendError::Failed))
}

fn noted(code: &str, failure: Failure) -> Failure {
    note(code, None, failure);
    failure
}

fn note(code: &str, status: Option<StatusCode>, failure: Failure) {
    let status = status.map(|status| status.as_u16());
    // A code is a word; what is more may quote the prompt, or the key.
    let is_word =
        code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.- ".contains(&byte));
    let code = if is_word { code } else { "not a word" };
    tracing::warn!(backend = "openai", code, status, failure = ?failure.error, "a call of the model failed");
}

/// In seconds; a date is not read, and few servers send one.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let secs: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(secs.min(MAX_RETRY_AFTER_SECS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_wait_for_longer_than_a_day() {
        for (told, secs) in
            [("7", Some(7)), ("18446744073709551615", Some(86_400)), ("soon", None), ("-1", None)]
        {
            let headers = [(RETRY_AFTER, told.parse().unwrap())].into_iter().collect();
            assert_eq!(retry_after(&headers), secs, "{told}");
        }
    }
}
