//! `POST /refresh`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use super::{answers::TokenAnswer, error::ApiError, json::Json};
use crate::{issuer::Issuer, origin::Origin, refresh::Refresh};

#[derive(Deserialize)]
pub(crate) struct RefreshBody {
    refresh_token: String,
}

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
