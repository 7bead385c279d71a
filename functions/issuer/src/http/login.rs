//! `POST /login`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{answers::TokenAnswer, error::ApiError, json::Json};
use crate::{issuer::Issuer, login::Login, password::MAX_PASSWORD_BYTES, user::Username};

#[derive(Deserialize)]
pub(crate) struct LoginBody {
    username: String,
    password: String,
}

pub(crate) async fn log_in(
    State(issuer): State<Arc<Issuer>>,
    Json(body): Json<LoginBody>,
) -> Result<axum::Json<TokenAnswer>, ApiError> {
    let password = Zeroizing::new(body.password);
    if password.len() > MAX_PASSWORD_BYTES {
        let what = "the password is longer than any password can be";
        return Err(ApiError::InvalidRequest(what));
    }
    let username = Username::parse(&body.username)
        .map_err(|_| ApiError::InvalidRequest("the username is not one that a user can have"))?;

    match issuer.log_in(&username, password).await? {
        Login::Granted { pair, user_id, sid } => {
            tracing::info!(outcome = "login", user_id, sid, "logged a user in");
            Ok(axum::Json(TokenAnswer::new(pair, issuer.now())))
        }
        Login::Refused { user_id, reason } => {
            let reason = reason.name();
            tracing::info!(outcome = "login_refused", user_id, reason, "refused a login");
            Err(ApiError::InvalidCredentials)
        }
    }
}
