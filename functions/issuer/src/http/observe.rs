//! Counting every request, and one line for each where the log is to say more.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};

use super::error::ApiError;
use crate::{issuer::Issuer, metrics::RequestLabels};

/// Stands for every path without a route.
const NO_ROUTE: &str = "none";

pub(super) async fn observe(State(issuer): State<Arc<Issuer>>, request: Request, next: Next) -> Response {
    let began = issuer.moment().monotonic;
    let method = name_of(request.method());
    // The template and never the path: there is an id in some, and anything at
    // all where there is no route.
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let response = next.run(request).await;

    let took = issuer.moment().monotonic.saturating_sub(began);
    let status = response.status().as_u16();
    let error = response.extensions().get::<ApiError>().map_or("", |error| error.code());
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(method, route, status, error, duration_ms, "answered");
    issuer.metrics.request(&RequestLabels { method, route, status, error }, took);
    response
}

/// A client can write any word there.
fn name_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
