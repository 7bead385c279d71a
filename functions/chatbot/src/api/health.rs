//! For whoever watches.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{refusal::Refusal, service::Shared};

/// `GET /healthz`: alive.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /readyz`: able to check tokens, where that is done here.
pub(super) async fn readyz(State(service): State<Shared>) -> Result<Json<Value>, Refusal> {
    if let Some(gate) = &service.access.gate {
        gate.warm_up(service.now()).await.map_err(|_| Refusal::Unavailable)?;
    }
    Ok(Json(json!({"status": "ready"})))
}
