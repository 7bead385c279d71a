//! What administrators do with the accounts of others.

mod answers;
mod bodies;
mod page;
mod password_reset;
mod user;
mod user_sessions;
mod users;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::issuer::Issuer;

/// Returns the routes under `/admin`.
pub(super) fn documented_routes() -> OpenApiRouter<Arc<Issuer>> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::add))
        .routes(routes!(user::read, user::change, user::delete))
        .routes(routes!(user::reset_totp))
        .routes(routes!(password_reset::offer))
        .routes(routes!(user_sessions::list, user_sessions::end_all))
        .routes(routes!(user_sessions::end))
}
