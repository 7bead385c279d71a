//! The Runtime API, as a function's own process sees it.
//!
//! Every process has a base path of its own (`/.rt/<function>/<slot>`), so that
//! the host knows which process works on what.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde_json::json;

use super::{
    Functions,
    function::{Delivery, Function},
    outcome::{FunctionError, Outcome},
};

/// Lambda's limit for the answer of a synchronous invocation.
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

pub(super) fn router(functions: Functions) -> Router {
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{id}/response", post(response))
        .route("/invocation/{id}/error", post(error))
        .route("/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(2 * MAX_ANSWER_BYTES))
        .with_state(functions);
    Router::new().nest("/.rt/{function}/{slot}/2018-06-01/runtime", runtime)
}

/// Returns the value of `AWS_LAMBDA_RUNTIME_API` for one process.
pub(crate) fn base(lambda_address: &str, function: &str, slot: usize) -> String {
    // `lambda_runtime` wants the scheme once there is a path.
    format!("http://{lambda_address}/.rt/{function}/{slot}")
}

async fn next(State(functions): State<Functions>, Path((function, slot)): Path<(String, usize)>) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    match function.next(slot).await {
        Some(delivery) => delivered(&function, delivery),
        None => unknown(),
    }
}

fn delivered(function: &Arc<Function>, delivery: Delivery) -> Response {
    let trace = format!("Root=1-{}", delivery.request_id);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", delivery.request_id),
        ("lambda-runtime-deadline-ms", delivery.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", function.arn()),
        ("lambda-runtime-trace-id", trace),
    ];
    (headers, delivery.payload).into_response()
}

async fn response(
    State(functions): State<Functions>,
    Path((function, slot, id)): Path<(String, usize, String)>,
    body: Bytes,
) -> Response {
    if body.len() > MAX_ANSWER_BYTES {
        let message = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
        let error = FunctionError::new("Function.ResponseSizeTooLarge", message);
        finish(&functions, &function, slot, &id, Outcome::Error(error));
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({"errorType": "RequestEntityTooLarge"})))
            .into_response();
    }
    finish(&functions, &function, slot, &id, Outcome::Answer(body))
}

async fn error(
    State(functions): State<Functions>,
    Path((function, slot, id)): Path<(String, usize, String)>,
    body: Bytes,
) -> Response {
    let error = FunctionError::from_body(body);
    finish(&functions, &function, slot, &id, Outcome::Error(error))
}

async fn init_error(
    State(functions): State<Functions>,
    Path((function, slot)): Path<(String, usize)>,
    body: Bytes,
) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    function.init_failed(slot, FunctionError::from_body(body));
    accepted()
}

fn finish(functions: &Functions, function: &str, slot: usize, id: &str, outcome: Outcome) -> Response {
    let finished = functions.get(function).is_some_and(|function| function.finish(slot, id, outcome));
    if finished { accepted() } else { unknown() }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
}

fn unknown() -> Response {
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
