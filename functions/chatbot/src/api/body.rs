//! Reading a JSON body.
//!
//! What is wrong with one is said without quoting it: it is somebody's words.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::IntoResponse,
};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body, with the bytes that it came in.
pub(crate) struct JsonBody<T> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if is_forged(request.headers()) {
            return Err(Refusal::InvalidRequest("a page of another site sends JSON as application/json"));
        }
        let read = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
        let bytes = read.map_err(|_| Refusal::TooSlow)?.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
                _ => Refusal::InvalidRequest("the body could not be read"),
            }
        })?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|_| Refusal::InvalidRequest("the body is not the JSON object asked for"))?;
        Ok(Self { value, bytes })
    }
}

/// Whether a browser sends this for a page of another site without having asked
/// first: such a page may send a form with the cookies of ours, and only what is
/// no form has to be allowed before it is sent (Fetch standard, "CORS-safelisted
/// request-header").
fn is_forged(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = text("content-type").trim_start().to_ascii_lowercase().starts_with("application/json");
    ["cross-site", "same-site"].contains(&text("sec-fetch-site")) && !is_json
}
