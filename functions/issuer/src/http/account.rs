//! `GET /me`: the caller as the database knows the caller now.

use axum::Json;
use serde::Serialize;
use token::Role;

use super::bearer::Bearer;

#[derive(Serialize)]
pub(crate) struct Me {
    sub: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    role: Role,
    sid: String,
}

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
