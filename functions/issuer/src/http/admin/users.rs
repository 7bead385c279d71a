//! `/admin/users`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};

use super::{
    answers::{NewUserAnswer, UserList},
    bodies::NewUserBody,
    page::{ListQuery, offset_after},
};
use crate::{
    administration::{By, NewAccount},
    http::{
        administrator::Administrator,
        error::{ApiError, Body},
        json,
    },
    ids::new_id,
    issuer::{Fault, Issuer},
    origin::Origin,
    store::UserDetails,
    user::Username,
};

/// Lists users by id, a page at a time, or the one of a name.
#[utoipa::path(
    get,
    path = "/admin/users",
    tag = "administration",
    params(ListQuery),
    responses((status = 200, description = "A page of users", body = UserList)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(issuer): State<Arc<Issuer>>,
    _administrator: Administrator,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<UserList>, ApiError> {
    let Query(query) =
        query.map_err(|_| ApiError::InvalidRequest("the query is not one that this list understands"))?;
    let page = query.page()?;
    if let Some(username) = &query.username {
        let username = Username::parse(username)?;
        let user = issuer.store.user_of_name(&username).await.map_err(Fault::from)?;
        return Ok(Json(UserList { data: user.into_iter().map(Into::into).collect(), offset: None }));
    }
    // One more than asked for, to know whether there is one.
    let mut users =
        issuer.store.users_after(&page.after, page.size.saturating_add(1)).await.map_err(Fault::from)?;
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let is_last = users.len() <= size;
    users.truncate(size);
    let offset = users.last().filter(|_| !is_last).map(|last| offset_after(&last.user.id));
    Ok(Json(UserList { data: users.into_iter().map(Into::into).collect(), offset }))
}

/// Adds a user, who sets a password with the token in the answer.
#[utoipa::path(
    post,
    path = "/admin/users",
    tag = "administration",
    request_body = NewUserBody,
    responses(
        (status = 201, description = "Added; the token is shown this once", body = NewUserAnswer),
        (status = 409, description = "`username_taken` or `id_taken`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add(
    State(issuer): State<Arc<Issuer>>,
    administrator: Administrator,
    origin: Origin,
    json::Json(body): json::Json<NewUserBody>,
) -> Result<(StatusCode, Json<NewUserAnswer>), ApiError> {
    let now = issuer.now();
    let (user, username) = body.read(new_id(now).map_err(Fault::from)?, now)?;
    let by = By { actor: &administrator.actor(), origin: &origin };
    let token = match issuer.add_user(&user, &username, by).await? {
        NewAccount::Added(token) => token,
        NewAccount::UsernameTaken => return Err(ApiError::UsernameTaken),
        NewAccount::IdTaken => return Err(ApiError::IdTaken),
    };
    let details = UserDetails { user, password_changed_at: None, has_factor: false };
    Ok((StatusCode::CREATED, Json(NewUserAnswer::new(details, &token))))
}
