//! The HTTP side: which route does what, and what holds for all of them.
//!
//! Every answer to a program is JSON, errors too, whoever found the error; no
//! answer may be cached; every request has an id, a size limit and a time limit.
//! Every route is registered with its documentation, and in no other way, but
//! that some may be asked for with a slash at their end.

mod account;
mod admin;
mod administrator;
mod answers;
mod authorization;
mod bearer;
mod caller;
mod consumers;
mod cors;
mod docs;
mod error;
mod fault;
mod form;
mod headers;
mod health;
mod introspect;
mod json;
mod login;
mod logout;
mod metrics;
mod observe;
mod openapi;
mod origin;
mod panic;
mod password;
mod password_reset;
mod path;
mod refresh;
mod request;
mod revoke;
mod sessions;
mod settings;
mod totp;

use std::sync::Arc;

use axum::{Extension, Router, extract::DefaultBodyLimit, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::docs::Documents;
pub(crate) use self::settings::HttpSettings;
use crate::issuer::Issuer;

/// The largest body. A login or a refresh token fits many times.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Returns the routes of `issuer`.
pub(crate) fn router(issuer: Arc<Issuer>) -> Router {
    let (router, document) = documented_routes().split_for_parts();
    let documents = Documents::new(&openapi::complete(document));
    router
        .layer(Extension(Arc::new(documents)))
        .fallback(request::unknown_route)
        .method_not_allowed_fallback(request::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(request::limit_time))
        .layer(middleware::from_fn(panic::catch))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), cors::share))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), headers::secure))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), observe::observe))
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
        .routes(routes!(totp::begin, totp::remove))
        .routes(routes!(totp::confirm))
        .routes(routes!(totp::renew_codes))
        .merge(admin::documented_routes())
        .merge(consumers::documented_routes())
        .routes(routes!(introspect::introspect))
        .routes(routes!(revoke::revoke))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
        .routes(routes!(docs::json))
        .routes(routes!(docs::page))
}
