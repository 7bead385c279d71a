//! Reading a JSON body.
//!
//! What is wrong with a body is said without quoting it: it may hold a password.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// The body of a request, with what its headers say about it.
pub(crate) struct Body {
    bytes: Bytes,
    is_json: bool,
}

/// A JSON body that must be there.
pub(crate) struct Json<T>(pub(crate) T);

impl Body {
    /// Returns the JSON value, or `None` where there is no body.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, ApiError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        if !self.is_json {
            return Err(ApiError::UnsupportedMediaType);
        }
        serde_json::from_slice(&self.bytes)
            .map(Some)
            .map_err(|_| ApiError::InvalidRequest("the body is not the JSON object asked for"))
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
                _ => ApiError::InvalidRequest("the body could not be read"),
            }
        })?;
        Ok(Self { bytes, is_json })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Body::from_request(request, state).await?;
        body.read()?.map(Self).ok_or(ApiError::InvalidRequest("the request has no body"))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}
