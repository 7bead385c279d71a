//! `/me/totp`: the caller's second factor.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    answers::{EnrolmentAnswer, RecoveryCodesAnswer},
    bearer::Bearer,
    error::{ApiError, Body},
    json,
    password::typed_password,
};
use crate::{
    factor_management::{FactorAnswer, FactorRefusal},
    issuer::Issuer,
    origin::Origin,
    otp::Otp,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginBody {
    #[schema(format = Password, max_length = 1024)]
    current_password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmBody {
    /// A code of the authenticator
    otp: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BothBody {
    #[schema(format = Password, max_length = 1024)]
    current_password: String,
    /// A code of the authenticator, or a recovery code
    otp: String,
}

/// Begins a second factor, which is pending for an hour at most. Asked again
/// before it is confirmed, this gives another one.
#[utoipa::path(
    post,
    path = "/me/totp",
    tag = "account",
    request_body = BeginBody,
    responses(
        (status = 200, description = "What to put into an authenticator", body = EnrolmentAnswer),
        (status = 403, description = "`wrong_password`", body = Body),
        (status = 409, description = "`totp_confirmed`: there is one already", body = Body),
        (
            status = 429,
            description = "`too_many_attempts`: the password was wrong too often",
            body = Body,
            headers(("Retry-After" = u64, description = "Seconds until the next attempt is looked at")),
        ),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn begin(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    json::Json(body): json::Json<BeginBody>,
) -> Result<Json<EnrolmentAnswer>, ApiError> {
    let password = typed_password(body.current_password)?;
    let enrolment = done(issuer.begin_factor(&account, password, &origin).await?)?;
    Ok(Json(EnrolmentAnswer::new(&enrolment)))
}

/// Confirms the pending second factor. From now on a login asks for it.
#[utoipa::path(
    post,
    path = "/me/totp/confirm",
    tag = "account",
    request_body = ConfirmBody,
    responses(
        (status = 200, description = "Confirmed; the codes are shown this once", body = RecoveryCodesAnswer),
        (status = 403, description = "`invalid_otp`: wrong, or used already", body = Body),
        (status = 409, description = "`no_totp`: none is pending; `totp_confirmed`", body = Body),
        (
            status = 429,
            description = "`too_many_attempts`",
            body = Body,
            headers(("Retry-After" = u64, description = "Seconds until the next attempt is looked at")),
        ),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn confirm(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    json::Json(body): json::Json<ConfirmBody>,
) -> Result<Json<RecoveryCodesAnswer>, ApiError> {
    let codes = done(issuer.confirm_factor(&account, typed_otp(body.otp), &origin).await?)?;
    Ok(Json(RecoveryCodesAnswer::new(&codes)))
}

/// Gives out new recovery codes; the ones before are void.
#[utoipa::path(
    post,
    path = "/me/totp/recovery-codes",
    tag = "account",
    request_body = BothBody,
    responses(
        (status = 200, description = "Shown this once", body = RecoveryCodesAnswer),
        (status = 403, description = "`wrong_password` or `invalid_otp`", body = Body),
        (status = 409, description = "`no_totp`: there is no second factor", body = Body),
        (
            status = 429,
            description = "`too_many_attempts`",
            body = Body,
            headers(("Retry-After" = u64, description = "Seconds until the next attempt is looked at")),
        ),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn renew_codes(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    json::Json(body): json::Json<BothBody>,
) -> Result<Json<RecoveryCodesAnswer>, ApiError> {
    let password = typed_password(body.current_password)?;
    let otp = typed_otp(body.otp);
    let codes = done(issuer.renew_recovery_codes(&account, password, otp, &origin).await?)?;
    Ok(Json(RecoveryCodesAnswer::new(&codes)))
}

/// Removes the second factor, where the caller's role can do without.
#[utoipa::path(
    delete,
    path = "/me/totp",
    tag = "account",
    request_body = BothBody,
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "`wrong_password`, `invalid_otp` or `totp_required`", body = Body),
        (status = 409, description = "`no_totp`: there is no second factor", body = Body),
        (
            status = 429,
            description = "`too_many_attempts`",
            body = Body,
            headers(("Retry-After" = u64, description = "Seconds until the next attempt is looked at")),
        ),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn remove(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    json::Json(body): json::Json<BothBody>,
) -> Result<StatusCode, ApiError> {
    let password = typed_password(body.current_password)?;
    done(issuer.remove_factor(&account, password, typed_otp(body.otp), &origin).await?)?;
    Ok(StatusCode::NO_CONTENT)
}

fn typed_otp(text: String) -> Otp {
    let text = Zeroizing::new(text);
    Otp::read(&text).unwrap_or(Otp::Neither)
}

fn done<T>(answer: FactorAnswer<T>) -> Result<T, ApiError> {
    match answer {
        FactorAnswer::Done(value) => Ok(value),
        FactorAnswer::Refused(refusal) => Err(match refusal {
            FactorRefusal::WrongPassword => ApiError::WrongPassword,
            FactorRefusal::WrongOtp => ApiError::WrongOtp,
            FactorRefusal::TooMany { retry_after_secs } => ApiError::TooManyAttempts { retry_after_secs },
            FactorRefusal::Confirmed => ApiError::TotpConfirmed,
            FactorRefusal::NoFactor => ApiError::NoTotp,
            FactorRefusal::Required => ApiError::TotpRequired,
        }),
    }
}
