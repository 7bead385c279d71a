//! Refusals as clients see them: problem details (RFC 9457) with stable types.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// A problem as its members.
pub(crate) struct Parts {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
}

impl Refusal {
    pub(crate) const fn parts(self) -> Parts {
        let (status, kind, title) = match self {
            Self::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first"),
            Self::MultipleTokens => {
                (StatusCode::BAD_REQUEST, "invalid-request", "The request carries more than one token")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "You may not do this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is nothing here"),
            Self::UnknownModel => (
                StatusCode::NOT_FOUND,
                "unknown-model",
                "There is no such model; GET /v1/models names the one there is",
            ),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This is not how to call this")
            }
            Self::InvalidRequest(_) => {
                (StatusCode::BAD_REQUEST, "invalid-request", "The request makes no sense")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow", "The request took too long to arrive"),
            Self::IdempotencyInFlight { .. } => {
                (StatusCode::CONFLICT, "idempotency-in-flight", "This request is being answered already")
            }
            Self::IdempotencyMismatch => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-mismatch",
                "This idempotency key belongs to another request",
            ),
            Self::ConversationFull => {
                (StatusCode::CONFLICT, "conversation-full", "This conversation takes no more messages")
            }
            Self::TooManyRequests { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests in this minute")
            }
            Self::BudgetExhausted { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "budget-exhausted", "Not enough is left of today's tokens")
            }
            Self::ModelBusy { .. } => (StatusCode::TOO_MANY_REQUESTS, "model-busy", "The model is busy"),
            Self::ModelRefused => {
                (StatusCode::BAD_REQUEST, "model-refused", "The model does not take this request")
            }
            Self::ModelFailed => (StatusCode::BAD_GATEWAY, "model-failed", "The model failed"),
            Self::ModelTimeout => (StatusCode::GATEWAY_TIMEOUT, "model-timeout", "The model took too long"),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This cannot be answered right now")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
        };
        Parts { status, kind, title }
    }

    pub(crate) const fn detail(self) -> Option<&'static str> {
        match self {
            Self::InvalidRequest(detail) => Some(detail),
            _ => None,
        }
    }

    /// The problem as JSON, as it also goes into a stream.
    pub(crate) fn to_json(self) -> Value {
        let Parts { status, kind, title } = self.parts();
        let mut body = json!({
            "type": format!("urn:latchkey:problem:{kind}"),
            "title": title,
            "status": status.as_u16(),
        });
        if let (Some(detail), Some(members)) = (self.detail(), body.as_object_mut()) {
            members.insert("detail".into(), detail.into());
        }
        body
    }

    /// RFC 6750 section 3: a challenge has at least one parameter, and no error
    /// where nobody tried.
    fn challenge(self) -> Option<HeaderValue> {
        let text = match self {
            Self::Unauthenticated(None) => "Bearer realm=\"chatbot\"",
            Self::Unauthenticated(Some(_)) => "Bearer realm=\"chatbot\", error=\"invalid_token\"",
            Self::MultipleTokens => "Bearer realm=\"chatbot\", error=\"invalid_request\"",
            Self::Forbidden => "Bearer realm=\"chatbot\", error=\"insufficient_scope\"",
            _ => return None,
        };
        Some(HeaderValue::from_static(text))
    }
}

impl Refusal {
    /// Returns the response, with members of `more` in its body.
    pub(crate) fn response_with(self, more: &Value) -> Response {
        let mut body = self.to_json();
        if let (Some(members), Some(more)) = (body.as_object_mut(), more.as_object()) {
            members.extend(more.clone());
        }
        let mut response = (self.parts().status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(secs) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        // For routes whose clients know another form of error.
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.response_with(&Value::Null)
    }
}
