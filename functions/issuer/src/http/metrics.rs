//! `GET /metrics`: what Prometheus scrapes.
//!
//! It says nothing of any user, and a good deal about how busy this service is
//! and with what: a proxy in front should not hand it out.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::error::ApiError;
use crate::issuer::Issuer;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Tells what Prometheus scrapes.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses(
        (status = 200, description = "Counters and gauges", body = String,
            content_type = "application/openmetrics-text"),
        (status = 404, description = "`METRICS` is `off`", body = super::error::Body),
    ),
)]
pub(crate) async fn metrics(State(issuer): State<Arc<Issuer>>) -> Result<Response, ApiError> {
    if !issuer.http.has_metrics {
        return Err(ApiError::NotFound);
    }
    let text = issuer.scrape().await.map_err(|_| ApiError::Internal)?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
