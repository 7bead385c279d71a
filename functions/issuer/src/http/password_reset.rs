//! `POST /password-reset`: a password for whoever has a token to set one.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    answers::Pending,
    error::{ApiError, Body},
    json::Json,
};
use crate::{issuer::Issuer, logout::Delivery, origin::Origin, password_reset::PasswordReset};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetBody {
    /// From an administrator; good once, for 24 hours
    #[schema(format = Password)]
    reset_token: String,
    /// At least 8 characters, and not among the first that are guessed
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    new_password: String,
}

/// Sets a password with a token, and ends all sessions of its owner. A second
/// factor is asked for at the next login as before.
#[utoipa::path(
    post,
    path = "/password-reset",
    tag = "account",
    request_body = ResetBody,
    responses(
        (status = 204, description = "Set, and the end of the sessions is known everywhere"),
        (status = 202, description = "Set, and the end is not yet known everywhere", body = Pending),
        (status = 400, description = "`weak_password` or `invalid_request`", body = Body),
        (status = 401, description = "`invalid_reset_token`, whatever is wrong with it", body = Body),
    ),
)]
pub(crate) async fn redeem(
    State(issuer): State<Arc<Issuer>>,
    origin: Origin,
    Json(body): Json<ResetBody>,
) -> Result<Delivery, ApiError> {
    let token = Zeroizing::new(body.reset_token);
    let new = Zeroizing::new(body.new_password);
    match issuer.reset_password(&token, new, &origin).await? {
        PasswordReset::Done(delivery) => Ok(delivery),
        PasswordReset::Refused => Err(ApiError::InvalidResetToken),
        PasswordReset::Weak(refused) => Err(ApiError::WeakPassword(refused)),
    }
}
