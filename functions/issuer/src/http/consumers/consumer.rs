//! `/consumers` and `/consumers/{consumer}`.

use axum::{Json, http::StatusCode};
use registry::PutBy;

use super::{
    consumer_input::{ConsumerInput, PathName},
    fault::{FieldErrorBody, RequestFault},
    fields::Fields,
    listing::{PageAnswer, PageParams, Wanted},
    registrar::Registrar,
    schema::ConsumerBody,
};
use crate::{
    audit::Action,
    consumers::ConsumerAnswer,
    http::{error::Body, path::Id},
};

/// Lists consumers, or those with one `custom_id`. What was written a moment ago
/// may be missing.
#[utoipa::path(
    get,
    path = "/consumers",
    tag = "consumers",
    params(
        PageParams,
        ("custom_id" = Option<String>, Query, description = "The one that has this `custom_id`, if any"),
    ),
    responses(
        (status = 200, description = "Some of them", body = PageAnswer<ConsumerAnswer>),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    registrar: Registrar,
    wanted: Wanted,
) -> Result<Json<PageAnswer<ConsumerAnswer>>, RequestFault> {
    let consumers = &registrar.consumers;
    if let Some(custom_id) = &wanted.custom_id {
        let found = registrar.find(consumers.read_by_custom_id(custom_id)).await?;
        return Ok(Json(PageAnswer::whole(found.into_iter().map(ConsumerAnswer::from).collect())));
    }
    let page = registrar.read(consumers.list(wanted.page.clone())).await?;
    Ok(Json(wanted.answer("/consumers", page, ConsumerAnswer::from)))
}

/// Makes a consumer. Without a `username` its `custom_id` is that too.
#[utoipa::path(
    post,
    path = "/consumers",
    tag = "consumers",
    request_body(content(
        (ConsumerBody = "application/json"),
        (ConsumerBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 201, description = "Made", body = ConsumerAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 409, description = "`conflict`: a name or the id is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create(
    registrar: Registrar,
    fields: Fields,
) -> Result<(StatusCode, Json<ConsumerAnswer>), RequestFault> {
    let new = ConsumerInput::read(fields)?.into_new(&registrar)?;
    let (consumers, now, username) = (registrar.consumers.clone(), registrar.now, new.username.clone());
    let create = async move { consumers.create(new, now).await };
    let made = registrar.change(Action::ConsumerCreated, &username, create).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Returns a consumer.
#[utoipa::path(
    get,
    path = "/consumers/{consumer}",
    tag = "consumers",
    params(("consumer" = String, Path, description = "Id or username")),
    responses(
        (status = 200, description = "The consumer", body = ConsumerAnswer),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    registrar: Registrar,
    Id(consumer): Id,
) -> Result<Json<ConsumerAnswer>, RequestFault> {
    let found = registrar.read(registrar.consumers.read(&consumer)).await?;
    Ok(Json(found.into()))
}

/// Puts a consumer in the place of the one with that id or username, or makes
/// it. What the body leaves out is taken away.
#[utoipa::path(
    put,
    path = "/consumers/{consumer}",
    tag = "consumers",
    params(("consumer" = String, Path, description = "Id or username")),
    request_body(content(
        (ConsumerBody = "application/json"),
        (ConsumerBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Made or replaced", body = ConsumerAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 409, description = "`conflict`: a name or the id is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn put(
    registrar: Registrar,
    Id(consumer): Id,
    fields: Fields,
) -> Result<Json<ConsumerAnswer>, RequestFault> {
    let new = ConsumerInput::read(fields)?.named(&consumer)?.into_new(&registrar)?;
    let by = match PathName::of(&consumer) {
        PathName::Id => PutBy::Id,
        PathName::Name => PutBy::Name,
    };
    let present = registrar.find(registrar.consumers.read(&consumer)).await?;
    let action = if present.is_some() { Action::ConsumerChanged } else { Action::ConsumerCreated };
    let (consumers, now, username) = (registrar.consumers.clone(), registrar.now, new.username.clone());
    let put = async move { consumers.put(new, by, now).await };
    let done = registrar.change(action, &username, put).await?;
    Ok(Json(done.into()))
}

/// Changes a consumer, and its names in all its credentials.
#[utoipa::path(
    patch,
    path = "/consumers/{consumer}",
    tag = "consumers",
    params(("consumer" = String, Path, description = "Id or username")),
    request_body(content(
        (ConsumerBody = "application/json"),
        (ConsumerBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Changed", body = ConsumerAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`", body = Body),
        (status = 409, description = "`conflict`: a name is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    registrar: Registrar,
    Id(consumer): Id,
    fields: Fields,
) -> Result<Json<ConsumerAnswer>, RequestFault> {
    let input = ConsumerInput::read(fields)?;
    let present = registrar.read(registrar.consumers.read(&consumer)).await?;
    if input.id.as_ref().is_some_and(|id| !id.eq_ignore_ascii_case(&present.id)) {
        return Err(RequestFault::invalid("id", "cannot change"));
    }
    let (consumers, now, change) = (registrar.consumers.clone(), registrar.now, input.into_change());
    let update = async move { consumers.update(&present.id, change, now).await };
    let changed = registrar.change(Action::ConsumerChanged, &present.username, update).await?;
    Ok(Json(changed.into()))
}

/// Deletes a consumer and its credentials.
#[utoipa::path(
    delete,
    path = "/consumers/{consumer}",
    tag = "consumers",
    params(("consumer" = String, Path, description = "Id or username")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(registrar: Registrar, Id(consumer): Id) -> Result<StatusCode, RequestFault> {
    let present = registrar.read(registrar.consumers.read(&consumer)).await?;
    let consumers = registrar.consumers.clone();
    let delete = async move { consumers.delete(&present.id).await };
    registrar.change(Action::ConsumerDeleted, &present.username, delete).await?;
    Ok(StatusCode::NO_CONTENT)
}
