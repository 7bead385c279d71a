//! The HTTP side: which route does what, and what holds for all of them.
//!
//! Every answer with a body is JSON, errors too, whoever found the error; no
//! answer may be cached; every request has an id, a size limit and a time limit.

mod account;
mod admin;
mod administrator;
mod answers;
mod bearer;
mod consumers;
mod error;
mod health;
mod json;
mod login;
mod logout;
mod openapi;
mod origin;
mod password;
mod password_reset;
mod path;
mod refresh;
mod request;
mod sessions;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use self::origin::Peer;
use crate::issuer::Issuer;

/// The largest body. A login or a refresh token fits many times.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Returns the routes of `issuer`.
pub(crate) fn router(issuer: Arc<Issuer>) -> Router {
    let (router, routes) = documented_routes().split_for_parts();
    router
        .merge(openapi::routes(routes))
        .fallback(request::unknown_route)
        .method_not_allowed_fallback(request::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(request::limit_time))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), request::identify))
        .with_state(issuer)
}

/// Every route that the document of this API describes.
fn documented_routes() -> OpenApiRouter<Arc<Issuer>> {
    OpenApiRouter::with_openapi(openapi::about())
        .routes(routes!(login::log_in))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::log_out))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(account::me))
        .routes(routes!(password::change))
        .routes(routes!(password_reset::redeem))
        .merge(admin::documented_routes())
        .merge(consumers::documented_routes())
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
}
