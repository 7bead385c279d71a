//! `POST /me/password`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    answers::Pending,
    bearer::Bearer,
    error::{ApiError, Body},
    json::Json,
};
use crate::{
    issuer::Issuer,
    logout::Delivery,
    origin::Origin,
    password::{MAX_PASSWORD_BYTES, NewPassword},
    password_change::NewPasswordAnswer,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    #[schema(format = Password, max_length = 1024)]
    current_password: String,
    /// At least 8 characters, and not among the first that are guessed
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    new_password: String,
}

/// Changes the caller's password and ends the caller's other sessions.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "account",
    request_body = PasswordBody,
    responses(
        (status = 204, description = "Changed, and the end of the other sessions is known everywhere"),
        (status = 202, description = "Changed, and the end is not yet known everywhere", body = Pending),
        (status = 400, description = "`weak_password`, `same_password` or `invalid_request`", body = Body),
        (status = 403, description = "`wrong_password`: the current one is another", body = Body),
        (
            status = 429,
            description = "`too_many_attempts`: the current password was wrong too often",
            body = Body,
            headers(("Retry-After" = u32, description = "Seconds until the next attempt is looked at")),
        ),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    Json(body): Json<PasswordBody>,
) -> Result<Delivery, ApiError> {
    let current = typed_password(body.current_password)?;
    let new = NewPassword::parse(Zeroizing::new(body.new_password), &account.user)?;
    match issuer.change_password(&account, current, new, &origin).await? {
        NewPasswordAnswer::Changed(delivery) => Ok(delivery),
        NewPasswordAnswer::WrongPassword => Err(ApiError::WrongPassword),
        NewPasswordAnswer::TooMany(wait) => {
            Err(ApiError::TooManyAttempts { retry_after_secs: wait.secs.into() })
        }
        NewPasswordAnswer::SamePassword => Err(ApiError::SamePassword),
    }
}

/// Refuses what no password can be before any work is done for it.
pub(super) fn typed_password(text: String) -> Result<Zeroizing<String>, ApiError> {
    let password = Zeroizing::new(text);
    if password.len() > MAX_PASSWORD_BYTES {
        let what = "the password is longer than any password can be";
        return Err(ApiError::InvalidRequest(what));
    }
    Ok(password)
}
