//! `POST /refresh`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    answers::TokenAnswer,
    error::{ApiError, Body},
    json::Json,
};
use crate::{issuer::Issuer, origin::Origin, refresh::Refresh};

#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({"refresh_token": "<the last refresh token>"})))]
pub(crate) struct RefreshBody {
    refresh_token: String,
}

/// Exchanges a refresh token for the next pair. Sent again within ten seconds
/// it gives the same pair again; later it ends the session.
#[utoipa::path(
    post,
    path = "/refresh",
    tag = "sessions",
    request_body = RefreshBody,
    responses(
        (status = 200, description = "The next pair of the session", body = TokenAnswer),
        (status = 401, description = "`invalid_grant`: log in again", body = Body),
    ),
)]
pub(crate) async fn refresh(
    State(issuer): State<Arc<Issuer>>,
    origin: Origin,
    Json(body): Json<RefreshBody>,
) -> Result<axum::Json<TokenAnswer>, ApiError> {
    match issuer.refresh(&body.refresh_token, &origin).await? {
        Refresh::Granted { pair } => Ok(axum::Json(TokenAnswer::new(pair, issuer.now()))),
        Refresh::Refused => Err(ApiError::InvalidGrant),
    }
}
