//! Consumers and their credentials: paths, fields and statuses as in Kong's
//! admin API, so that what is written for that works here.
//!
//! What differs: it is for administrators; a secret is shown to whoever sets it
//! and never again; what nobody could use is refused. The registry is the only
//! place where any of it is kept.

mod consumer_input;
mod consumers;
mod credential_input;
mod credentials;
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
        .routes(routes!(consumers::list, consumers::create))
        .routes(routes!(consumers::read, consumers::put, consumers::change, consumers::delete))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::read, credentials::put, credentials::change, credentials::delete))
        .routes(routes!(secret::replace))
        .routes(routes!(secret::revoke))
        .routes(routes!(jwts::list, jwts::create))
        .routes(routes!(jwts::read, jwts::put, jwts::change, jwts::delete))
        .routes(routes!(jwts::consumer))
        // Clients of Kong end paths like this, too.
        .route("/consumers/", get(consumers::list).post(consumers::create))
        .route("/consumers/{consumer}/jwt/", get(credentials::list).post(credentials::create))
        .route("/jwts/", get(jwts::list).post(jwts::create))
}
