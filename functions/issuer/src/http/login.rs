//! `POST /login`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{answers::TokenAnswer, error::ApiError, json::Json};
use crate::{issuer::Issuer, login::Login, origin::Origin, password::MAX_PASSWORD_BYTES, user::Username};

#[derive(Deserialize)]
pub(crate) struct LoginBody {
    username: String,
    password: String,
}

pub(crate) async fn log_in(
    State(issuer): State<Arc<Issuer>>,
    origin: Origin,
    Json(body): Json<LoginBody>,
) -> Result<axum::Json<TokenAnswer>, ApiError> {
    let password = Zeroizing::new(body.password);
    if password.len() > MAX_PASSWORD_BYTES {
        let what = "the password is longer than any password can be";
        return Err(ApiError::InvalidRequest(what));
    }
    let username = Username::parse(&body.username)
        .map_err(|_| ApiError::InvalidRequest("the username is not one that a user can have"))?;

    match issuer.log_in(&username, password, &origin).await? {
        Login::Granted { pair } => Ok(axum::Json(TokenAnswer::new(pair, issuer.now()))),
        Login::Refused => Err(ApiError::InvalidCredentials),
    }
}
