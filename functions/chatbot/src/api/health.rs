//! For whoever watches.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::Problem;
use crate::service::Shared;

/// `GET /healthz`: alive.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /readyz`: able to check tokens, where that is done here.
pub(super) async fn readyz(State(service): State<Shared>) -> Result<Json<Value>, Problem> {
    if let Some(gate) = &service.access.gate {
        gate.warm_up(service.now()).await.map_err(|_| Problem::Unavailable)?;
    }
    Ok(Json(json!({"status": "ready"})))
}
