//! Errors in the form that clients of OpenAI's API read.

use axum::{
    Json,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::problem::Parts;

use crate::refusal::Refusal;

/// Gives a problem the form that the official clients turn into their errors,
/// under the paths that they know.
pub(super) async fn errors(request: Request, next: Next) -> Response {
    let is_theirs = request.uri().path().starts_with("/v1/");
    let response = next.run(request).await;
    if !is_theirs {
        return response;
    }
    let Some(problem) = response.extensions().get::<Refusal>().copied() else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    if matches!(problem, Refusal::BudgetExhausted { .. }) {
        // Tomorrow is too far away for a client that would try again on its own.
        parts.headers.insert("x-should-retry", HeaderValue::from_static("false"));
    }
    (parts, Json(error(problem))).into_response()
}

/// The problem as the `error` object of that API.
pub(super) fn error(problem: Refusal) -> Value {
    let Parts { status, kind, title } = problem.parts();
    let (error_type, code) = match problem {
        Refusal::Unauthenticated(_) => ("invalid_request_error", "invalid_api_key"),
        Refusal::TooManyRequests { .. } => ("requests", "rate_limit_exceeded"),
        Refusal::BudgetExhausted { .. } => ("insufficient_quota", "insufficient_quota"),
        // Nothing is wrong with the request: the same one may be answered later.
        Refusal::ModelBusy { .. } => ("server_error", kind),
        Refusal::UnknownModel => ("invalid_request_error", "model_not_found"),
        _ if status.is_server_error() => ("server_error", kind),
        _ => ("invalid_request_error", kind),
    };
    let message = problem.detail().map_or_else(|| title.to_owned(), |detail| format!("{title}: {detail}"));
    json!({"error": {"message": message, "type": error_type, "param": null, "code": code}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_busy_is_nothing_wrong_with_the_request() {
        let told = error(Refusal::ModelBusy { secs: 5 });
        assert_eq!(
            (&told["error"]["type"], &told["error"]["code"]),
            (&json!("server_error"), &json!("model-busy"))
        );
        let told = error(Refusal::TooManyRequests { secs: 5 });
        assert_eq!(told["error"]["code"], "rate_limit_exceeded", "the caller's own limit is another matter");
    }
}
