//! `GET /healthz`: does this process answer? `GET /readyz`: would a login work?
//!
//! The first asks nothing and nobody, so that a crowd at the hashes or a
//! database that hangs restarts no process that could answer again.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{self, ApiError};
use crate::{
    issuer::{Fault, Issuer},
    readiness::Readiness,
};

/// This process answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`
    status: &'static str,
}

/// A login would work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`
    status: &'static str,
    checks: Checks,
}

/// A login would not work, with the error that it would get.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotReady {
    #[serde(flatten)]
    error: error::Body,
    /// `not_ready`
    status: &'static str,
    checks: Checks,
}

/// What each part says: `ok`, `unavailable`, or of the keys `no_signing_key`.
#[derive(Serialize, ToSchema)]
struct Checks {
    database: &'static str,
    keys: &'static str,
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
    responses(
        (status = 200, description = "It would", body = Ready),
        (status = 503, description = "It would not, for what has failed its check", body = NotReady),
    ),
)]
pub(crate) async fn ready(State(issuer): State<Arc<Issuer>>) -> Response {
    let Readiness { database, keys } = issuer.readiness().await;
    let checks = Checks { database: word(&database), keys: word(&keys) };
    match database.and(keys) {
        Ok(()) => Json(Ready { status: "ready", checks }).into_response(),
        Err(fault) => {
            let error = ApiError::from(fault);
            let body = NotReady { error: error.body(), status: "not_ready", checks };
            let retry_after = [(header::RETRY_AFTER, error::RETRY_AFTER)];
            (StatusCode::SERVICE_UNAVAILABLE, retry_after, Extension(error), Json(body)).into_response()
        }
    }
}

fn word(check: &Result<(), Fault>) -> &'static str {
    match check {
        Ok(()) => "ok",
        Err(Fault::NoSigningKey) => "no_signing_key",
        Err(_) => "unavailable",
    }
}
