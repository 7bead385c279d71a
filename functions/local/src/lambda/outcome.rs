//! How an invocation ends.

use bytes::Bytes;
use serde_json::{Value, json};

/// Lambda's limit for an answer in one piece.
pub(super) const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Answer(Bytes),
    Error(FunctionError),
}

/// What an invoker is told about a function that failed.
#[derive(Debug, Clone)]
pub(crate) struct FunctionError {
    pub(crate) error_message: String,
    /// The JSON as the function sent it; it may carry more than the two members.
    pub(crate) body: Bytes,
}

impl FunctionError {
    pub(crate) fn new(error_type: &str, error_message: impl Into<String>) -> Self {
        let error_message = error_message.into();
        let body = json!({"errorType": error_type, "errorMessage": error_message});
        Self { error_message, body: body.to_string().into() }
    }

    /// Reads the body of a call to `/error` or `/init/error`.
    pub(crate) fn from_body(body: Bytes) -> Self {
        let parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
        let error_message = parsed.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
        Self { error_message: error_message.to_owned(), body }
    }

    pub(crate) fn timed_out(request_id: &str, seconds: f64) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        Self::new("Sandbox.Timedout", message)
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
        Self::new("Function.ResponseSizeTooLarge", message)
    }

    /// The function's connection ended before its answer did.
    pub(super) fn truncated() -> Self {
        Self::new("Runtime.TruncatedResponse", "Error: the answer is truncated")
    }

    pub(crate) fn exited(request_id: &str, how: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
        Self::new("Runtime.ExitError", message)
    }
}
