//! Every error that a client can get, with its status, code and text.
//!
//! Codes are stable; texts are for people and may change. Neither says more
//! than the client knows already: reasons go to the log.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{issuer::Fault, password::PasswordRefused};

/// An answer that is not the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// With what is wrong about the request.
    InvalidRequest(&'static str),
    TooLarge,
    UnsupportedMediaType,
    /// Neither JSON nor a form.
    UnsupportedFormType,
    NotFound,
    /// With what there is none of.
    NoSuch(&'static str),
    MethodNotAllowed,
    InvalidCredentials,
    /// The current password of somebody who is logged in already.
    WrongPassword,
    SamePassword,
    WeakPassword(PasswordRefused),
    InvalidResetToken,
    InvalidGrant,
    /// No access token where one is needed.
    NoToken,
    /// More than one `Authorization` header.
    SeveralTokens,
    InvalidToken,
    /// A good access token of somebody who may not do this.
    Forbidden,
    Busy,
    KeysUnavailable,
    DatabaseUnavailable,
    /// Consumers are in a registry, and there is none.
    RegistryNotConfigured,
    RegistryUnavailable,
    TimedOut,
    Internal,
}

/// What every error looks like.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct Body {
    /// Stable, for programs.
    error: &'static str,
    /// For people; may change.
    message: &'static str,
}

impl ApiError {
    pub(super) const NO_SUCH_USER: Self = Self::NoSuch("there is no such user");

    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(what) => (StatusCode::BAD_REQUEST, "invalid_request", what),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 64 KiB"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be JSON, with Content-Type: application/json",
            ),
            Self::UnsupportedFormType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be JSON or a form, with Content-Type: application/json or \
                 application/x-www-form-urlencoded",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is no such route"),
            Self::NoSuch(what) => (StatusCode::NOT_FOUND, "not_found", what),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this route has other methods")
            }
            Self::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "invalid_credentials", "username or password is wrong")
            }
            // Not 401: the access token was good, and another would not help.
            Self::WrongPassword => {
                (StatusCode::FORBIDDEN, "wrong_password", "the current password is another")
            }
            Self::SamePassword => {
                (StatusCode::BAD_REQUEST, "same_password", "the new password is the current one")
            }
            Self::WeakPassword(refused) => (StatusCode::BAD_REQUEST, "weak_password", refused.message()),
            Self::InvalidResetToken => {
                (StatusCode::UNAUTHORIZED, "invalid_reset_token", "the token is not valid, or not any more")
            }
            Self::InvalidGrant => (
                StatusCode::UNAUTHORIZED,
                "invalid_grant",
                "the refresh token is not valid any more; log in again",
            ),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "no_token",
                "an access token is needed: Authorization: Bearer <token>",
            ),
            Self::SeveralTokens => {
                (StatusCode::BAD_REQUEST, "invalid_request", "there is more than one Authorization header")
            }
            Self::InvalidToken => {
                (StatusCode::UNAUTHORIZED, "invalid_token", "the access token is not valid")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "this is for administrators only"),
            Self::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy", "too many logins at once; try again shortly")
            }
            Self::KeysUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "keys_unavailable",
                "there is no current key to sign or to verify with; try again shortly",
            ),
            Self::DatabaseUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "database_unavailable",
                "the database does not answer; try again shortly",
            ),
            Self::RegistryNotConfigured => (
                StatusCode::NOT_IMPLEMENTED,
                "registry_not_configured",
                "this issuer has no registry of consumers; AUTH_TABLE names one",
            ),
            Self::RegistryUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "registry_unavailable",
                "the registry does not answer, and a change may have been made or not; try again shortly",
            ),
            Self::TimedOut => {
                (StatusCode::SERVICE_UNAVAILABLE, "timed_out", "the request took too long; try again shortly")
            }
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "something went wrong; the log knows more under the id of this request",
            ),
        }
    }

    /// The challenge of routes that need an access token (RFC 6750 section 3.1:
    /// no error code where the request has no token at all).
    const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some(r#"Bearer realm="latchkey""#),
            Self::SeveralTokens => Some(r#"Bearer realm="latchkey", error="invalid_request""#),
            Self::InvalidToken => Some(r#"Bearer realm="latchkey", error="invalid_token""#),
            Self::Forbidden => Some(r#"Bearer realm="latchkey", error="insufficient_scope""#),
            Self::InvalidRequest(_)
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::UnsupportedFormType
            | Self::NotFound
            | Self::NoSuch(_)
            | Self::MethodNotAllowed
            | Self::InvalidCredentials
            | Self::WrongPassword
            | Self::SamePassword
            | Self::WeakPassword(_)
            | Self::InvalidResetToken
            | Self::InvalidGrant
            | Self::Busy
            | Self::KeysUnavailable
            | Self::DatabaseUnavailable
            | Self::RegistryNotConfigured
            | Self::RegistryUnavailable
            | Self::TimedOut
            | Self::Internal => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, error, message) = self.parts();
        let mut response = (status, Json(Body { error, message })).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge() {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            // Longer than the queue of logins takes to empty.
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

impl From<PasswordRefused> for ApiError {
    fn from(refused: PasswordRefused) -> Self {
        Self::WeakPassword(refused)
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let error = match &fault {
            Fault::Busy(_) => Self::Busy,
            Fault::KeysUnavailable(_) | Fault::NoSigningKey => Self::KeysUnavailable,
            Fault::Store(_) | Fault::Contention => Self::DatabaseUnavailable,
            Fault::Randomness(_) | Fault::Hash(_) => Self::Internal,
        };
        let (_, code, _) = error.parts();
        let cause = std::error::Error::source(&fault).map(ToString::to_string);
        if error == Self::Busy {
            tracing::warn!(code, "turned a login away");
        } else {
            tracing::error!(code, error = %fault, cause, "could not answer");
        }
        error
    }
}
