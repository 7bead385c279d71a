//! The answers that several routes give: a pair of tokens, what belongs to a
//! second factor, and how far an ending has come.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use token::Timestamp;
use utoipa::ToSchema;

use crate::{factor::Enrolment, logout::Delivery, pair::TokenPair, recovery_codes::RecoveryCodes};

/// An access token and the refresh token for the next pair.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "token": "<the access token>", "access_token": "<the access token>", "token_type": "Bearer",
    "expires_in": 1800, "refresh_token": "<the refresh token>", "refresh_expires_in": 604_800,
})))]
pub(crate) struct TokenAnswer {
    /// The access token once more, for clients that know this name only.
    token: String,
    access_token: String,
    /// `Bearer`
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
    refresh_token: String,
    /// Seconds until the session ends unless it is refreshed.
    refresh_expires_in: u64,
    /// Shown this once, where the login confirmed a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// What to put into an authenticator. Shown again only while it is pending.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentAnswer {
    /// In Base32, to be typed.
    secret: String,
    /// The same and more, to be shown as a picture.
    otpauth_uri: String,
}

/// Codes that work once each in place of a one-time password. Shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodesAnswer {
    recovery_codes: Vec<String>,
}

impl TokenAnswer {
    pub(crate) fn new(pair: TokenPair, now: Timestamp) -> Self {
        Self {
            token: pair.access_token.clone(),
            access_token: pair.access_token,
            token_type: "Bearer",
            expires_in: pair.access_expires_at.secs_since(now),
            refresh_token: pair.refresh_token,
            refresh_expires_in: pair.refresh_expires_at.secs_since(now),
            recovery_codes: None,
        }
    }

    pub(crate) fn with_recovery_codes(self, codes: Option<&RecoveryCodes>) -> Self {
        Self { recovery_codes: codes.map(shown), ..self }
    }
}

impl EnrolmentAnswer {
    pub(crate) fn new(enrolment: &Enrolment) -> Self {
        Self { secret: enrolment.secret.base32(), otpauth_uri: enrolment.uri.clone() }
    }
}

impl RecoveryCodesAnswer {
    pub(crate) fn new(codes: &RecoveryCodes) -> Self {
        Self { recovery_codes: shown(codes) }
    }
}

fn shown(codes: &RecoveryCodes) -> Vec<String> {
    codes.shown().map(str::to_owned).collect()
}

/// Done here, and not yet known everywhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pending {
    /// `pending`
    status: &'static str,
    message: &'static str,
}

impl IntoResponse for Delivery {
    fn into_response(self) -> Response {
        match self {
            Self::Done => StatusCode::NO_CONTENT.into_response(),
            Self::Pending => {
                let body = Pending {
                    status: "pending",
                    message: "done here; access tokens given out before may be accepted \
                              elsewhere until the registry has been told",
                };
                (StatusCode::ACCEPTED, Json(body)).into_response()
            }
        }
    }
}
