//! `GET /me`: the caller as the database knows the caller now.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use token::Role;
use utoipa::ToSchema;

use super::{bearer::Bearer, error::ApiError};
use crate::issuer::{Fault, Issuer};

/// The caller.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "sub": "123456", "username": "ada", "name": "Ada L.", "email": "ada@example.com", "role": "USER",
    "sid": "01977420-dc00-7707-8707-070707070707",
})))]
pub(crate) struct Me {
    /// The user's id.
    sub: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    /// `ADMIN`, `SUPERVISOR` or `USER`
    #[schema(value_type = String)]
    role: Role,
    sid: String,
    /// Whether there is a second factor.
    totp: bool,
}

/// Tells who is calling, as the database knows it now.
#[utoipa::path(
    get,
    path = "/me",
    tag = "account",
    responses((status = 200, description = "The caller", body = Me)),
    security(("bearer" = [])),
)]
pub(crate) async fn me(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
) -> Result<Json<Me>, ApiError> {
    let user = account.user;
    let factor = issuer.store.factor(&user.id).await.map_err(Fault::from)?;
    Ok(Json(Me {
        sub: user.id,
        username: user.username,
        name: user.name,
        email: user.email,
        role: user.role,
        sid: account.session.sid,
        totp: factor.is_some_and(|factor| factor.is_confirmed()),
    }))
}
