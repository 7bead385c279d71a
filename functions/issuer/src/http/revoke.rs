//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::{ApiError, Body},
    form::{FormToken, TokenForm},
};
use crate::{caller::Caller, issuer::Issuer, logout::Delivery, origin::Origin, revocation::Revoked};

/// How far the revocation has come.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"status": "done"})))]
pub(crate) struct RevocationAnswer {
    /// `done`, or `pending` where not every verifier knows yet
    status: &'static str,
}

/// Revokes a token and, where it has one, the session that it belongs to.
///
/// For clients and administrators, and for users about their own. A token that
/// is unknown or over is answered like one that was revoked.
#[utoipa::path(
    post,
    path = "/revoke",
    tag = "tokens",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is not good any more", body = RevocationAnswer),
        (status = 400, description = "`invalid_request`, or `unsupported_token_type` for a token with \
            neither a session nor an id", body = Body),
        (status = 401, description = "`invalid_client` or `invalid_token`", body = Body),
        (status = 403, description = "`forbidden`: it is somebody else's", body = Body),
    ),
    security(("client" = []), ("bearer" = [])),
)]
pub(crate) async fn revoke(
    State(issuer): State<Arc<Issuer>>,
    caller: Caller,
    origin: Origin,
    FormToken(token): FormToken,
) -> Result<Json<RevocationAnswer>, ApiError> {
    let status = match issuer.revoke_token(&token, &caller, &origin).await? {
        Revoked::Done(Delivery::Done) | Revoked::Nothing => "done",
        Revoked::Done(Delivery::Pending) => "pending",
        Revoked::Unnamed => return Err(ApiError::UnsupportedTokenType),
        Revoked::NotYours => return Err(ApiError::Forbidden),
    };
    Ok(Json(RevocationAnswer { status }))
}
