//! The answers that several routes give: a pair of tokens, and how far an
//! ending has come.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use token::Timestamp;
use utoipa::ToSchema;

use crate::{logout::Delivery, pair::TokenPair};

/// An access token and the refresh token for the next pair.
#[derive(Serialize, ToSchema)]
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
        }
    }
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
