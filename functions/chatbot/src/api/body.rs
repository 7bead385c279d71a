//! Reading a JSON body.
//!
//! What is wrong with one is said without quoting it: it is somebody's words.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::IntoResponse,
};
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::Problem;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body, with the bytes that it came in.
pub(crate) struct JsonBody<T> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
        let bytes = read.map_err(|_| Problem::TooSlow)?.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
                _ => Problem::InvalidRequest("the body could not be read"),
            }
        })?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|_| Problem::InvalidRequest("the body is not the JSON object asked for"))?;
        Ok(Self { value, bytes })
    }
}
