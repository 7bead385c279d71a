//! All routes, whatever is in front of them.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use serde_json::{Value, json};
use token::Moment;

use crate::{backend::Backend, chat::chat, problem::Problem};

/// The largest body in bytes; a message may have every character escaped.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What the routes work with.
#[derive(Clone)]
pub struct Service {
    pub backend: Backend,
    /// What is granted on top of a token's `exp`, as the authorizer does.
    pub leeway_secs: u64,
    pub clock: Arc<dyn Fn() -> Moment + Send + Sync>,
}

/// Returns the router. A request that comes with a
/// [`Principal`](token::Principal) among its extensions is that caller's; only
/// a front that checked it may put it there.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/api/chat", post(chat))
        .route("/healthz", get(healthz))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(service)
}

/// `GET /healthz`: alive, for whoever watches.
async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}
