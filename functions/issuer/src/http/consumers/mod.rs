//! Consumers and their credentials: paths, fields and statuses as in Kong's
//! admin API, so that what is written for that works here.
//!
//! What differs: it is for administrators; a secret is shown to whoever sets it
//! and never again; what nobody could use is refused. The registry is the only
//! place where any of it is kept.

mod consumer;
mod consumer_input;
mod credential;
mod credential_input;
mod fault;
mod field;
mod fields;
mod form;
mod jwts;
mod listing;
mod puts;
mod registrar;
mod schema;
mod secret;

use std::sync::Arc;

use axum::routing::get;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::issuer::Issuer;

/// Returns the routes under `/consumers` and `/jwts`.
pub(super) fn documented_routes() -> OpenApiRouter<Arc<Issuer>> {
    OpenApiRouter::new()
        .routes(routes!(consumer::list, consumer::create))
        .routes(routes!(consumer::read, consumer::put, consumer::change, consumer::delete))
        .routes(routes!(credential::list, credential::create))
        .routes(routes!(credential::read, credential::put, credential::change, credential::delete))
        .routes(routes!(secret::replace))
        .routes(routes!(secret::revoke))
        .routes(routes!(jwts::list, jwts::create))
        .routes(routes!(jwts::read, jwts::put, jwts::change, jwts::delete))
        .routes(routes!(jwts::consumer))
        // Clients of Kong end paths like this, too.
        .route("/consumers/", get(consumer::list).post(consumer::create))
        .route("/consumers/{consumer}/jwt/", get(credential::list).post(credential::create))
        .route("/jwts/", get(jwts::list).post(jwts::create))
}
