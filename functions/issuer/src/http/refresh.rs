//! `POST /refresh`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use super::{answers::TokenAnswer, error::ApiError, json::Json};
use crate::{
    issuer::Issuer,
    refresh::{Refresh, RefreshRefusal},
};

#[derive(Deserialize)]
pub(crate) struct RefreshBody {
    refresh_token: String,
}

pub(crate) async fn refresh(
    State(issuer): State<Arc<Issuer>>,
    Json(body): Json<RefreshBody>,
) -> Result<axum::Json<TokenAnswer>, ApiError> {
    match issuer.refresh(&body.refresh_token).await? {
        Refresh::Granted { pair, user_id, sid, replayed } => {
            tracing::info!(outcome = "refresh", user_id, sid, replayed, "refreshed a session");
            Ok(axum::Json(TokenAnswer::new(pair, issuer.now())))
        }
        Refresh::Refused { user_id, sid, reason: RefreshRefusal::Reused } => {
            tracing::warn!(
                outcome = "reuse",
                user_id,
                sid,
                "a refresh token was used twice; ended its session"
            );
            Err(ApiError::InvalidGrant)
        }
        Refresh::Refused { user_id, sid, reason } => {
            let reason = reason.name();
            tracing::info!(outcome = "refresh_refused", user_id, sid, reason, "refused a refresh");
            Err(ApiError::InvalidGrant)
        }
    }
}
