//! The Runtime API, as a function's own process sees it.
//!
//! Every process has a base path of its own (`/.rt/<function>/<slot>`), so that
//! the host knows which process works on what.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use super::{
    Functions,
    function::{Delivery, Function},
    outcome::{FunctionError, MAX_ANSWER_BYTES},
    stream::{self, MAX_STREAMED_BYTES},
};

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
    request: Request,
) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    let (parts, body) = request.into_parts();
    if header(&parts.headers, "lambda-runtime-function-response-mode") == "streaming" {
        let content_type = header(&parts.headers, CONTENT_TYPE.as_str()).to_owned();
        return streamed(function, slot, id, content_type, body).await;
    }
    match whole(body).await {
        Ok(answer) => {
            if function.finish(slot, &id, answer) {
                accepted()
            } else {
                unknown()
            }
        }
        Err(error) => {
            function.fail(slot, &id, error);
            too_large()
        }
    }
}

async fn whole(body: Body) -> Result<Bytes, FunctionError> {
    // Twice as much is read, so that a function which sends somewhat too much is
    // told so instead of finding its connection closed.
    let answer = axum::body::to_bytes(body, 2 * MAX_ANSWER_BYTES).await;
    let is_short = |answer: &Bytes| answer.len() <= MAX_ANSWER_BYTES;
    answer.ok().filter(is_short).ok_or_else(|| FunctionError::too_large(MAX_ANSWER_BYTES))
}

async fn streamed(
    function: Arc<Function>,
    slot: usize,
    id: String,
    content_type: String,
    body: Body,
) -> Response {
    let Some(pieces) = function.begin_stream(slot, &id, content_type) else { return unknown() };
    // A task of its own: this one ends with the function's connection, and what
    // has begun must be ended even so.
    let ended = tokio::spawn(async move {
        let end = stream::hand_on(body, pieces, MAX_STREAMED_BYTES).await;
        let is_whole = end.is_ok();
        function.end_stream(slot, &id, end) && is_whole
    });
    if ended.await.is_ok_and(|is_whole| is_whole) { accepted() } else { unknown() }
}

async fn error(
    State(functions): State<Functions>,
    Path((function, slot, id)): Path<(String, usize, String)>,
    body: Bytes,
) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    if function.fail(slot, &id, FunctionError::from_body(body)) { accepted() } else { unknown() }
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

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
}

fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({"errorType": "RequestEntityTooLarge"}))).into_response()
}

fn unknown() -> Response {
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
