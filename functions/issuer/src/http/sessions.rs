//! `GET /sessions` and `DELETE /sessions/{sid}`: where the caller is logged in.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answers::Pending,
    bearer::Bearer,
    error::{ApiError, Body},
    path::Id,
};
use crate::{
    issuer::{Fault, Issuer},
    logout::Delivery,
    origin::Origin,
    session::Session,
};

/// The live sessions of a user, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    data: Vec<SessionAnswer>,
}

/// One session. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    sid: String,
    /// Whether this request was made in it.
    current: bool,
    started_at: i64,
    last_used_at: i64,
    /// When it ends unless it is refreshed.
    idle_expires_at: i64,
    /// When it ends in any case.
    absolute_expires_at: i64,
    /// From where it was last refreshed.
    address: Option<String>,
    user_agent: Option<String>,
}

impl Sessions {
    /// `current` is the session of the request, where it is about the caller.
    pub(super) fn new(sessions: Vec<Session>, current: Option<&str>) -> Self {
        let answer = |session: Session| SessionAnswer {
            current: current == Some(&session.sid),
            sid: session.sid,
            started_at: session.started_at.as_unix_secs(),
            last_used_at: session.last_used_at.as_unix_secs(),
            idle_expires_at: session.idle_expires_at.as_unix_secs(),
            absolute_expires_at: session.absolute_expires_at.as_unix_secs(),
            address: session.address,
            user_agent: session.user_agent,
        };
        Self { data: sessions.into_iter().map(answer).collect() }
    }
}

/// Lists the live sessions of the caller.
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "sessions",
    responses((status = 200, description = "At most 100", body = Sessions)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
) -> Result<Json<Sessions>, ApiError> {
    let sessions = issuer.store.live_sessions(&account.user.id, issuer.now()).await.map_err(Fault::from)?;
    Ok(Json(Sessions::new(sessions, Some(&account.session.sid))))
}

/// Ends one session of the caller.
#[utoipa::path(
    delete,
    path = "/sessions/{sid}",
    tag = "sessions",
    params(("sid" = String, Path, description = "The session's id")),
    responses(
        (status = 204, description = "Ended, and known everywhere"),
        (status = 202, description = "Ended, and not yet known everywhere", body = Pending),
        (status = 404, description = "`not_found`: the caller has no such session", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    Id(sid): Id,
) -> Result<Delivery, ApiError> {
    let ended = issuer.end_own_session(&account, &sid, &origin).await?;
    ended.ok_or(ApiError::NoSuch("you have no such session"))
}
