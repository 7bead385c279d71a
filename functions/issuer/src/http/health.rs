//! `GET /healthz`: does this process answer? `GET /readyz`: would a login work?

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::error::ApiError;
use crate::issuer::Issuer;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

pub(crate) async fn ready(State(issuer): State<Arc<Issuer>>) -> Result<Json<Health>, ApiError> {
    issuer.check_readiness().await?;
    Ok(Json(Health { status: "ready" }))
}
