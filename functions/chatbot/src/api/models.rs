//! `GET /v1/models`: the one model there is.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use serde_json::{Value, json};

use super::Caller;
use crate::{
    refusal::Refusal,
    service::{Service, Shared},
};

/// `GET /v1/models`.
pub(super) async fn list(State(service): State<Shared>, _: Caller) -> Json<Value> {
    Json(json!({"object": "list", "data": [model(&service)]}))
}

/// `GET /v1/models/{id}`.
pub(super) async fn read(
    State(service): State<Shared>,
    _: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Refusal> {
    if id.is_ok_and(|Path(id)| id == service.backend.model()) {
        Ok(Json(model(&service)))
    } else {
        Err(Refusal::UnknownModel)
    }
}

fn model(service: &Service) -> Value {
    // Nobody knows when the model was made; clients want a number.
    json!({"id": service.backend.model(), "object": "model", "created": 0, "owned_by": "latchkey"})
}
