//! `POST /admin/users/{id}/password-reset`.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        administrator::Administrator,
        error::{ApiError, Body},
        path::Id,
    },
    issuer::Issuer,
    origin::Origin,
    reset_token::{RESET_TOKEN_SECS, ResetToken},
};

/// What a user sets a password with, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResetOffer {
    reset_token: String,
    /// Seconds until it expires.
    expires_in: u64,
}

impl ResetOffer {
    pub(super) fn new(token: &ResetToken) -> Self {
        Self { reset_token: token.as_str().to_owned(), expires_in: RESET_TOKEN_SECS }
    }
}

/// Gives out a token with which the user sets a password; the ones before are
/// void. The password there is stays good until then.
#[utoipa::path(
    post,
    path = "/admin/users/{id}/password-reset",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 201, description = "Shown this once", body = ResetOffer),
        (status = 404, description = "`not_found`: there is no such user", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn offer(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    Id(id): Id,
) -> Result<(StatusCode, Json<ResetOffer>), ApiError> {
    let token = issuer.offer_password_reset(&id, administrator.actor(), &origin).await?;
    let token = token.ok_or(ApiError::NO_SUCH_USER)?;
    Ok((StatusCode::CREATED, Json(ResetOffer::new(&token))))
}
