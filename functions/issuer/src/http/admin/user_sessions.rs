//! `/admin/users/{id}/sessions`.

use std::sync::Arc;

use axum::{Json, extract::State};

use crate::{
    administration::By,
    http::{
        administrator::Administrator,
        answers::Pending,
        error::{ApiError, Body},
        path::{Id, TwoIds},
        sessions::Sessions,
    },
    issuer::{Fault, Issuer},
    logout::Delivery,
    origin::Origin,
};

/// Lists the live sessions of a user.
#[utoipa::path(
    get,
    path = "/admin/users/{id}/sessions",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 200, description = "At most 100, the latest first", body = Sessions),
        (status = 404, description = "`not_found`: there is no such user", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(issuer): State<Arc<Issuer>>,
    _administrator: Administrator,
    Id(id): Id,
) -> Result<Json<Sessions>, ApiError> {
    if issuer.store.user(&id).await.map_err(Fault::from)?.is_none() {
        return Err(ApiError::NO_SUCH_USER);
    }
    let sessions = issuer.store.live_sessions(&id, issuer.now()).await.map_err(Fault::from)?;
    Ok(Json(Sessions::new(sessions, None)))
}

/// Ends all sessions of a user.
#[utoipa::path(
    delete,
    path = "/admin/users/{id}/sessions",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 204, description = "Ended, and known everywhere"),
        (status = 202, description = "Ended, and not yet known everywhere", body = Pending),
        (status = 404, description = "`not_found`: there is no such user", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end_all(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    Id(id): Id,
) -> Result<Delivery, ApiError> {
    let by = By { actor: &administrator.actor(), origin: &origin };
    issuer.end_sessions_of(&id, by).await?.ok_or(ApiError::NO_SUCH_USER)
}

/// Ends one session of a user.
#[utoipa::path(
    delete,
    path = "/admin/users/{id}/sessions/{sid}",
    tag = "administration",
    params(
        ("id" = String, Path, description = "The user's id"),
        ("sid" = String, Path, description = "The session's id"),
    ),
    responses(
        (status = 204, description = "Ended, and known everywhere"),
        (status = 202, description = "Ended, and not yet known everywhere", body = Pending),
        (status = 404, description = "`not_found`: the user has no such session", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    TwoIds(id, sid): TwoIds,
) -> Result<Delivery, ApiError> {
    let by = By { actor: &administrator.actor(), origin: &origin };
    let ended = issuer.end_session_of(&id, &sid, by).await?;
    ended.ok_or(ApiError::NoSuch("the user has no such session"))
}
