//! `GET /me`: the caller as the database knows the caller now.

use axum::Json;
use serde::Serialize;
use token::Role;
use utoipa::ToSchema;

use super::bearer::Bearer;

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
}

/// Tells who is calling, as the database knows it now.
#[utoipa::path(
    get,
    path = "/me",
    tag = "account",
    responses((status = 200, description = "The caller", body = Me)),
    security(("bearer" = [])),
)]
pub(crate) async fn me(Bearer(account): Bearer) -> Json<Me> {
    let user = account.user;
    Json(Me {
        sub: user.id,
        username: user.username,
        name: user.name,
        email: user.email,
        role: user.role,
        sid: account.session.sid,
    })
}
