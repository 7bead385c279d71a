//! The HTTP side: which route does what, and what holds for all of them.
//!
//! Every answer with a body is JSON, errors too, whoever found the error; no
//! answer may be cached; every request has an id, a size limit and a time limit.

mod account;
mod answers;
mod bearer;
mod error;
mod health;
mod json;
mod login;
mod logout;
mod origin;
mod refresh;
mod request;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

pub(crate) use self::origin::Peer;
use crate::issuer::Issuer;

/// The largest body. A login or a refresh token fits many times.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Returns the routes of `issuer`.
pub(crate) fn router(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/login", post(login::log_in))
        .route("/refresh", post(refresh::refresh))
        .route("/logout", post(logout::log_out))
        .route("/me", get(account::me))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(request::unknown_route)
        .method_not_allowed_fallback(request::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(request::limit_time))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), request::identify))
        .with_state(issuer)
}
