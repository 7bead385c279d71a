//! The answers that hold a pair of tokens.

use serde::Serialize;
use token::Timestamp;
use utoipa::ToSchema;

use crate::pair::TokenPair;

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
