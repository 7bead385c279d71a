//! The Invoke endpoint, for a developer with `curl` and a sample event.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Functions, outcome::Outcome};

/// Lambda's limit for the payload of a synchronous invocation.
const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

pub(super) fn router(functions: Functions) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(DefaultBodyLimit::max(MAX_PAYLOAD_BYTES))
        .with_state(functions)
}

async fn invoke(
    State(functions): State<Functions>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // The SDKs put either the bare name or the ARN here.
    let bare_name = name.rsplit_once(":function:").map_or(name.as_str(), |(_, bare)| bare);
    let Some(function) = functions.get(bare_name) else {
        let message = format!("Function not found: {name}");
        return refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let payload = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    if let Err(error) = serde_json::from_slice::<Value>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message);
    }

    let kind = headers.get("x-amz-invocation-type").map(http::HeaderValue::as_bytes);
    match kind {
        Some(b"DryRun") => StatusCode::NO_CONTENT.into_response(),
        Some(b"Event") => {
            tokio::spawn(async move { function.invoke(payload).await });
            StatusCode::ACCEPTED.into_response()
        }
        _ => answer(function.invoke(payload).await),
    }
}

/// A function that fails is a successful invocation: 200, told by a header.
fn answer(outcome: Outcome) -> Response {
    let json = ("content-type", "application/json");
    let version = ("x-amz-executed-version", "$LATEST");
    match outcome {
        Outcome::Answer(body) => ([json, version], body).into_response(),
        Outcome::Error(error) => {
            ([json, version, ("x-amz-function-error", "Unhandled")], error.body).into_response()
        }
    }
}

fn refusal(status: StatusCode, error_type: &'static str, message: &str) -> Response {
    let body = Json(json!({"Type": "User", "Message": message}));
    (status, [("x-amzn-errortype", error_type)], body).into_response()
}
