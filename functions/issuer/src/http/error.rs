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

use crate::password::PasswordRefused;

/// Longer than the queue of logins takes to empty.
pub(super) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// An answer that is not the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// With what is wrong about the request.
    InvalidRequest(&'static str),
    TooLarge,
    BodyTooSlow,
    /// With what it has to be.
    UnsupportedMediaType(&'static str),
    NotFound,
    /// With what there is none of.
    NoSuch(&'static str),
    MethodNotAllowed,
    InvalidCredentials,
    /// Until then, in seconds, no further attempt is looked at.
    /// The current password of somebody who is logged in already.
    WrongPassword,
    SamePassword,
    WeakPassword(PasswordRefused),
    InvalidResetToken,
    /// Of a login with the right password.
    OtpRequired,
    InvalidOtp,
    /// The same from somebody who is logged in already.
    WrongOtp,
    TooManyAttempts {
        retry_after_secs: u64,
    },
    /// Of a login with the right password.
    TotpEnrolmentRequired,
    /// There is a confirmed second factor already.
    TotpConfirmed,
    NoTotp,
    /// Somebody of this role must keep the second factor.
    TotpRequired,
    UsernameTaken,
    IdTaken,
    /// Nobody would be left who could undo it.
    LastAdministrator,
    InvalidGrant,
    /// No access token where one is needed.
    NoToken,
    /// More than one `Authorization` header.
    SeveralTokens,
    InvalidToken,
    /// Neither the credentials of a client nor an access token.
    InvalidClient,
    UnsupportedTokenType,
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

impl Body {
    pub(super) const fn new(error: &'static str, message: &'static str) -> Self {
        Self { error, message }
    }
}

impl ApiError {
    pub(super) const NO_SUCH_USER: Self = Self::NoSuch("there is no such user");

    #[expect(clippy::too_many_lines, reason = "a table, which is read line by line")]
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(what) => (StatusCode::BAD_REQUEST, "invalid_request", what),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 64 KiB"),
            Self::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body took too long to arrive")
            }
            Self::UnsupportedMediaType(what) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", what)
            }
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
            Self::OtpRequired => {
                (StatusCode::UNAUTHORIZED, "otp_required", "a code of your authenticator is needed too")
            }
            Self::InvalidOtp => {
                (StatusCode::UNAUTHORIZED, "invalid_otp", "the code is wrong, or was used already")
            }
            // Not 401: the access token was good, and another would not help.
            Self::WrongOtp => {
                (StatusCode::FORBIDDEN, "invalid_otp", "the code is wrong, or was used already")
            }
            Self::TooManyAttempts { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "too many attempts; try again later")
            }
            Self::TotpEnrolmentRequired => (
                StatusCode::FORBIDDEN,
                "totp_enrolment_required",
                "your role needs a second factor: put this into an authenticator and log in with its code",
            ),
            Self::TotpConfirmed => {
                (StatusCode::CONFLICT, "totp_confirmed", "there is a second factor already; remove it first")
            }
            Self::NoTotp => {
                (StatusCode::CONFLICT, "no_totp", "there is no second factor that this could be done with")
            }
            Self::TotpRequired => {
                (StatusCode::FORBIDDEN, "totp_required", "your role must have a second factor")
            }
            Self::UsernameTaken => {
                (StatusCode::CONFLICT, "username_taken", "there is a user of that name already")
            }
            Self::IdTaken => (StatusCode::CONFLICT, "id_taken", "there is a user of that id already"),
            Self::LastAdministrator => {
                (StatusCode::CONFLICT, "last_admin", "there would be no enabled administrator left")
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
            Self::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "the id and secret of a client are needed (Authorization: Basic), or an access token",
            ),
            Self::UnsupportedTokenType => (
                StatusCode::BAD_REQUEST,
                "unsupported_token_type",
                "the token has neither a session nor an id, so nobody could be told which one it is",
            ),
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
                StatusCode::NOT_FOUND,
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

    /// Its code, for metrics.
    pub(super) const fn code(self) -> &'static str {
        let (_, code, _) = self.parts();
        code
    }

    /// What of it is in its answer.
    pub(super) fn body(self) -> Body {
        let (_, error, message) = self.parts();
        Body { error, message }
    }

    /// The challenge of routes that need an access token (RFC 6750 section 3.1:
    /// no error code where the request has no token at all).
    const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some(r#"Bearer realm="latchkey""#),
            Self::SeveralTokens => Some(r#"Bearer realm="latchkey", error="invalid_request""#),
            Self::InvalidToken => Some(r#"Bearer realm="latchkey", error="invalid_token""#),
            Self::InvalidClient => Some(r#"Basic realm="latchkey", charset="UTF-8""#),
            Self::Forbidden => Some(r#"Bearer realm="latchkey", error="insufficient_scope""#),
            Self::InvalidRequest(_)
            | Self::TooLarge
            | Self::BodyTooSlow
            | Self::UnsupportedMediaType(_)
            | Self::NotFound
            | Self::NoSuch(_)
            | Self::MethodNotAllowed
            | Self::InvalidCredentials
            | Self::WrongPassword
            | Self::SamePassword
            | Self::WeakPassword(_)
            | Self::InvalidResetToken
            | Self::OtpRequired
            | Self::InvalidOtp
            | Self::WrongOtp
            | Self::TooManyAttempts { .. }
            | Self::TotpEnrolmentRequired
            | Self::TotpConfirmed
            | Self::NoTotp
            | Self::TotpRequired
            | Self::UsernameTaken
            | Self::IdTaken
            | Self::LastAdministrator
            | Self::InvalidGrant
            | Self::UnsupportedTokenType
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
        let (status, ..) = self.parts();
        let mut response = (status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge() {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Self::TooManyAttempts { retry_after_secs } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_secs));
        } else if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        // For whoever counts the answers.
        response.extensions_mut().insert(self);
        response
    }
}
