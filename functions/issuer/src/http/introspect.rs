//! `POST /introspect` (RFC 7662).

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    error::{ApiError, Body},
    form::{FormToken, TokenForm},
};
use crate::{
    caller::Caller,
    introspection::{ActiveToken, Introspection, TokenKind},
    issuer::Issuer,
};

/// What is known of a token. Of one that is not active, nothing else.
#[derive(Default, Serialize, ToSchema)]
#[schema(examples(json!({"active": false})))]
pub(crate) struct IntrospectionAnswer {
    active: bool,
    /// `Bearer`, or `refresh_token` for one that opens nothing and has no role
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// One name, or a list
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Value>,
    /// The user's id, or `consumer:<username>`
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// `ADMIN`, `SUPERVISOR` or `USER`, as it is now and not when the token was made
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// The consumer that signed it, where it is none of this issuer's
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer: Option<String>,
}

impl From<Introspection> for IntrospectionAnswer {
    fn from(introspection: Introspection) -> Self {
        let Introspection::Active(active) = introspection else {
            return Self::default();
        };
        let ActiveToken { kind, iss, aud, sub, username, role, sid, jti, issued_at, expires_at, consumer } =
            *active;
        Self {
            active: true,
            token_type: Some(match kind {
                TokenKind::Access => "Bearer",
                TokenKind::Refresh => "refresh_token",
            }),
            iss,
            aud,
            sub: Some(sub),
            username,
            role: role.map(token::Role::name),
            sid,
            jti,
            iat: issued_at.map(token::Timestamp::as_unix_secs),
            exp: Some(expires_at.as_unix_secs()),
            consumer,
        }
    }
}

/// Tells whether a token is good right now.
///
/// For clients and administrators. An answer that could not be had is a 503 and
/// never `"active": false`.
#[utoipa::path(
    post,
    path = "/introspect",
    tag = "tokens",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What is known of it", body = IntrospectionAnswer),
        (status = 401, description = "`invalid_client` or `invalid_token`", body = Body),
        (status = 403, description = "`forbidden`: the caller is no administrator", body = Body),
    ),
    security(("client" = []), ("bearer" = [])),
)]
pub(crate) async fn introspect(
    State(issuer): State<Arc<Issuer>>,
    caller: Caller,
    FormToken(token): FormToken,
) -> Result<Json<IntrospectionAnswer>, ApiError> {
    if !caller.is_trusted() {
        return Err(ApiError::Forbidden);
    }
    Ok(Json(issuer.introspect(&token).await?.into()))
}
