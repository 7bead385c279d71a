//! Reading a JSON body.
//!
//! What is wrong with a body is said without quoting it: it may hold a password.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// How long a body may take to arrive. Shorter than a request may take, so that
/// a client that dawdles is told so and not that this server did.
const PATIENCE: Duration = Duration::from_secs(4);

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
            return Err(ApiError::UnsupportedMediaType(
                "the body must be JSON, with Content-Type: application/json",
            ));
        }
        // All of it, also what nobody asked for: JSON is UTF-8 (RFC 8259 section 8.1).
        std::str::from_utf8(&self.bytes)
            .ok()
            .and_then(|text| serde_json::from_str(text).ok())
            .map(Some)
            .ok_or(ApiError::InvalidRequest("the body is not the JSON object asked for"))
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        Ok(Self { bytes: read(request, state).await?, is_json })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Body::from_request(request, state).await?;
        body.read()?.map(Self).ok_or(ApiError::InvalidRequest("the request has no body"))
    }
}

/// Reads a body of any type.
pub(super) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    tokio::time::timeout(PATIENCE, Bytes::from_request(request, state))
        .await
        .map_err(|_| ApiError::BodyTooSlow)?
        .map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
            _ => ApiError::InvalidRequest("the body could not be read"),
        })
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::post};
    use tokio::time::Instant;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_waited_for_in_vain_for_seconds_only() {
        let router: Router = Router::new().route("/", post(async |_: Body| "there"));
        let (_silent, body) = http_body_util::channel::Channel::<Bytes>::new(1);
        let body = axum::body::Body::new(body);
        let began = Instant::now();
        let answer = router.oneshot(Request::post("/").body(body).unwrap()).await.unwrap();
        assert_eq!((answer.status(), began.elapsed()), (StatusCode::REQUEST_TIMEOUT, PATIENCE));
        let told = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert!(String::from_utf8_lossy(&told).contains("body_too_slow"), "{told:?}");
    }
}
