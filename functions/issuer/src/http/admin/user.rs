//! `/admin/users/{id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{answers::UserAnswer, bodies::ChangeBody};
use crate::{
    administration::{AccountChange, By},
    http::{
        administrator::Administrator,
        answers::Pending,
        error::{ApiError, Body},
        json,
        path::Id,
    },
    issuer::{Fault, Issuer},
    logout::Delivery,
    origin::Origin,
};

/// Reads a user.
#[utoipa::path(
    get,
    path = "/admin/users/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user", body = UserAnswer),
        (status = 404, description = "`not_found`: there is no such user", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    State(issuer): State<Arc<Issuer>>,
    _administrator: Administrator,
    Id(id): Id,
) -> Result<Json<UserAnswer>, ApiError> {
    let user = issuer.store.user(&id).await.map_err(Fault::from)?;
    Ok(Json(user.ok_or(ApiError::NO_SUCH_USER)?.into()))
}

/// Changes a user. A new role ends the access tokens that say the old one, and
/// comes with the next refresh; a disabled user's sessions end.
#[utoipa::path(
    patch,
    path = "/admin/users/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    request_body = ChangeBody,
    responses(
        (status = 200, description = "Changed, and what has ended is known everywhere", body = UserAnswer),
        (status = 202, description = "Changed, and what has ended is not yet known everywhere", body = Pending),
        (status = 404, description = "`not_found`: there is no such user", body = Body),
        (status = 409, description = "`username_taken` or `last_admin`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    Id(id): Id,
    json::Json(body): json::Json<ChangeBody>,
) -> Result<Response, ApiError> {
    let by = By { actor: &administrator.actor(), origin: &origin };
    match done(issuer.change_user(&id, &body.read()?, by).await?)? {
        Delivery::Pending => Ok(Delivery::Pending.into_response()),
        Delivery::Done => {
            let user = issuer.store.user(&id).await.map_err(Fault::from)?;
            let user: UserAnswer = user.ok_or(ApiError::NO_SUCH_USER)?.into();
            Ok(Json(user).into_response())
        }
    }
}

/// Deletes a user, whose sessions end first.
#[utoipa::path(
    delete,
    path = "/admin/users/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 204, description = "Deleted, and the end of the sessions is known everywhere"),
        (status = 202, description = "Deleted, and the end is not yet known everywhere", body = Pending),
        (status = 404, description = "`not_found`: there is no such user", body = Body),
        (status = 409, description = "`last_admin`: nobody would be left to undo it", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    Id(id): Id,
) -> Result<Delivery, ApiError> {
    let by = By { actor: &administrator.actor(), origin: &origin };
    done(issuer.delete_user(&id, by).await?)
}

/// Removes a user's second factor, for somebody who lost it. Where the user's
/// role needs one, the user's sessions end at their next refresh.
#[utoipa::path(
    delete,
    path = "/admin/users/{id}/totp",
    tag = "administration",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`not_found`: no such user, or no second factor", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn reset_totp(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    let by = By { actor: &administrator.actor(), origin: &origin };
    if issuer.reset_factor(&id, by).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NoSuch("there is no such user, or the user has no second factor"))
    }
}

fn done(change: AccountChange) -> Result<Delivery, ApiError> {
    match change {
        AccountChange::Done(delivery) => Ok(delivery),
        AccountChange::NoSuchUser => Err(ApiError::NO_SUCH_USER),
        AccountChange::UsernameTaken => Err(ApiError::UsernameTaken),
        AccountChange::LastAdministrator => Err(ApiError::LastAdministrator),
    }
}
