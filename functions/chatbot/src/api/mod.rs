//! All routes, whatever door a request came through.

mod body;
mod caller;
mod chat;
mod completion_request;
mod completions;
mod conversations;
mod cors;
mod events;
mod health;
mod models;
mod openai;
mod paging;
mod problem;
mod spent;
mod usage;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware::{from_fn, from_fn_with_state, map_response},
    routing::{get, post},
};
use http::{HeaderValue, header};

pub(crate) use caller::Caller;
pub(crate) use cors::Readers;

use crate::{refusal::Refusal, service::Shared};

/// The largest body in bytes: what a load balancer takes at most.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Returns the router. Every request comes with an
/// [`Origin`](crate::door::Origin) among its extensions; without one it has no
/// caller.
pub(crate) fn router(service: Shared) -> Router {
    let identify = from_fn_with_state(Arc::clone(&service), caller::identify);
    let share = from_fn_with_state(Arc::clone(&service), cors::share);
    let chat = Router::new()
        .route("/api/chat", post(chat::chat))
        .route("/api/conversations", get(conversations::list))
        .route(
            "/api/conversations/{id}",
            get(conversations::read).patch(conversations::rename).delete(conversations::delete),
        )
        .route("/api/conversations/{id}/messages", get(conversations::messages))
        .route("/api/usage", get(usage::usage))
        .route_layer(identify.clone());
    let openai = Router::new()
        .route("/v1/chat/completions", post(completions::complete))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::read))
        .route_layer(identify);
    Router::new()
        .merge(chat)
        .merge(openai)
        .route("/", get(async |State(service): State<Shared>| service.page.answer()))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
        .layer(from_fn(openai::errors))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(share)
        .layer(map_response(async |mut response: axum::response::Response| {
            let headers = response.headers_mut();
            // What is said to one caller is nobody else's to keep.
            headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            // What somebody wrote is never taken for a page or a script.
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }))
        .with_state(service)
}
