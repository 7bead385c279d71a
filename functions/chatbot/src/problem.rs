//! Errors as clients see them: problem details (RFC 9457) with stable types.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::json;

/// What can go wrong with a request. The types are part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    Unauthenticated,
    NotFound,
    MethodNotAllowed,
    InvalidRequest(&'static str),
    TooLarge,
    Internal,
}

impl Problem {
    const fn parts(self) -> (StatusCode, &'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first", None),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is nothing here", None),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This is not how to call this", None)
            }
            Self::InvalidRequest(detail) => {
                (StatusCode::BAD_REQUEST, "invalid-request", "The request makes no sense", Some(detail))
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large", None),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here", None)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, kind, title, detail) = self.parts();
        let mut body = json!({"type": format!("urn:latchkey:problem:{kind}"), "title": title, "status": status.as_u16()});
        if let (Some(detail), Some(members)) = (detail, body.as_object_mut()) {
            members.insert("detail".into(), detail.into());
        }
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self == Self::Unauthenticated {
            // RFC 6750 section 3: a challenge has at least one parameter.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"chatbot\""));
        }
        response
    }
}
