//! `POST /login`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    answers::{EnrolmentAnswer, TokenAnswer},
    error::{ApiError, Body},
    json::Json,
    password::typed_password,
};
use crate::{issuer::Issuer, login::Login, origin::Origin, otp::Otp, user::Username};

#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({"username": "ada", "password": "what she chose"})))]
pub(crate) struct LoginBody {
    /// Compared without regard to case
    #[schema(min_length = 1)]
    username: String,
    #[schema(format = Password, max_length = 1024)]
    password: String,
    /// A code of the authenticator, or a recovery code; asked for with
    /// `otp_required`
    otp: Option<String>,
}

/// The user's role asks for a second factor: what to put into an authenticator
/// before logging in with a code of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentRequired {
    #[serde(flatten)]
    error: Body,
    #[serde(flatten)]
    enrolment: EnrolmentAnswer,
}

/// Begins a session for whoever has that name and password.
#[utoipa::path(
    post,
    path = "/login",
    tag = "sessions",
    request_body = LoginBody,
    responses(
        (status = 200, description = "The first pair of the session", body = TokenAnswer),
        (status = 401, description = "`invalid_credentials`, whatever was wrong; with the right \
             password `otp_required` or `invalid_otp`", body = Body),
        (status = 403, description = "`totp_enrolment_required`: the role asks for a second factor. \
             The same one again until a login with a code confirms it", body = EnrolmentRequired),
        (
            status = 429,
            description = "`too_many_attempts`: too many have failed, for whatever username, or at \
             the second factor",
            body = Body,
            headers(("Retry-After" = u32, description = "Seconds until the next attempt is looked at")),
        ),
    ),
)]
pub(crate) async fn log_in(
    State(issuer): State<Arc<Issuer>>,
    origin: Origin,
    Json(body): Json<LoginBody>,
) -> Result<Response, ApiError> {
    let password = typed_password(body.password)?;
    let username = Username::parse(&body.username)?;

    let otp = body.otp.map(Zeroizing::new).and_then(|typed| Otp::read(&typed));
    let answer = issuer.log_in(&username, password, otp, &origin).await;
    match answer.inspect_err(|fault| issuer.metrics.login_stayed_open(fault))? {
        Login::Granted { pair, recovery_codes } => {
            let answer = TokenAnswer::new(pair, issuer.now()).with_recovery_codes(recovery_codes.as_ref());
            Ok(axum::Json(answer).into_response())
        }
        Login::Refused => Err(ApiError::InvalidCredentials),
        Login::TooMany(wait) => Err(ApiError::TooManyAttempts { retry_after_secs: wait.secs.into() }),
        Login::OtpMissing => Err(ApiError::OtpRequired),
        Login::OtpWrong => Err(ApiError::InvalidOtp),
        Login::TooManyOtps { retry_after_secs } => Err(ApiError::TooManyAttempts { retry_after_secs }),
        Login::MustEnrol(enrolment) => {
            let required = ApiError::TotpEnrolmentRequired;
            let body =
                EnrolmentRequired { error: required.body(), enrolment: EnrolmentAnswer::new(&enrolment) };
            let mut response = (StatusCode::FORBIDDEN, axum::Json(body)).into_response();
            response.extensions_mut().insert(required);
            Ok(response)
        }
    }
}
