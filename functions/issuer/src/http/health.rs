//! `GET /healthz`: does this process answer? `GET /readyz`: would a login work?

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use crate::issuer::Issuer;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
}

/// Tells that this process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    responses((status = 200, description = "It does", body = Health)),
)]
pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Tells whether a login would work.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses((status = 200, description = "It would", body = Health)),
)]
pub(crate) async fn ready(State(issuer): State<Arc<Issuer>>) -> Result<Json<Health>, ApiError> {
    issuer.check_readiness().await?;
    Ok(Json(Health { status: "ready" }))
}
