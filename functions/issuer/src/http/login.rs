//! `POST /login`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    answers::TokenAnswer,
    error::{ApiError, Body},
    json::Json,
    password::typed_password,
};
use crate::{issuer::Issuer, login::Login, origin::Origin, user::Username};

#[derive(Deserialize, ToSchema)]
pub(crate) struct LoginBody {
    /// Compared without regard to case
    #[schema(min_length = 1)]
    username: String,
    #[schema(format = Password, max_length = 1024)]
    password: String,
}

/// Begins a session for whoever has that name and password.
#[utoipa::path(
    post,
    path = "/login",
    tag = "sessions",
    request_body = LoginBody,
    responses(
        (status = 200, description = "The first pair of the session", body = TokenAnswer),
        (status = 401, description = "`invalid_credentials`, whatever was wrong", body = Body),
    ),
)]
pub(crate) async fn log_in(
    State(issuer): State<Arc<Issuer>>,
    origin: Origin,
    Json(body): Json<LoginBody>,
) -> Result<axum::Json<TokenAnswer>, ApiError> {
    let password = typed_password(body.password)?;
    let username = Username::parse(&body.username)
        .map_err(|_| ApiError::InvalidRequest("the username is not one that a user can have"))?;

    match issuer.log_in(&username, password, &origin).await? {
        Login::Granted { pair } => Ok(axum::Json(TokenAnswer::new(pair, issuer.now()))),
        Login::Refused => Err(ApiError::InvalidCredentials),
    }
}
