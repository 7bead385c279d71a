//! `/jwts` and `/jwts/{credential}`: credentials, whosever they are.

use axum::{Json, http::StatusCode};
use registry::{CredentialPath, CredentialView};

use super::{
    credential_input::CredentialInput,
    fault::{FieldErrorBody, RequestFault},
    fields::Fields,
    listing::{PageAnswer, PageParams, Wanted},
    registrar::Registrar,
    schema::CredentialBody,
};
use crate::{
    consumers::{ConsumerAnswer, CredentialAnswer},
    http::{error::Body, path::Id},
};

/// Lists all credentials. What was written a moment ago may be missing.
#[utoipa::path(
    get,
    path = "/jwts",
    tag = "consumers",
    params(PageParams),
    responses(
        (status = 200, description = "Some of them", body = PageAnswer<CredentialAnswer>),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    registrar: Registrar,
    wanted: Wanted,
) -> Result<Json<PageAnswer<CredentialAnswer>>, RequestFault> {
    let wanted = wanted.page_only()?;
    let page = registrar.read(registrar.consumers.credentials(wanted.page.clone())).await?;
    Ok(Json(wanted.answer("/jwts", page, |one| CredentialAnswer::new(one, None))))
}

/// Makes a credential for the `consumer` of the body. The secret is shown this
/// once.
#[utoipa::path(
    post,
    path = "/jwts",
    tag = "consumers",
    request_body(content(
        (CredentialBody = "application/json"),
        (CredentialBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 201, description = "Made", body = CredentialAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`: the consumer has gone meanwhile", body = Body),
        (status = 409, description = "`conflict`: the key or the id is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create(
    registrar: Registrar,
    fields: Fields,
) -> Result<(StatusCode, Json<CredentialAnswer>), RequestFault> {
    let input = CredentialInput::read(fields)?;
    let owner = registrar.owner(&input).await?;
    Ok((StatusCode::CREATED, Json(registrar.make(&owner, input).await?)))
}

/// Returns a credential, without its secret.
#[utoipa::path(
    get,
    path = "/jwts/{credential}",
    tag = "consumers",
    params(("credential" = String, Path, description = "Id or key")),
    responses(
        (status = 200, description = "The credential", body = CredentialAnswer),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    registrar: Registrar,
    Id(credential): Id,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let found = registrar.any_credential(&credential).await?;
    Ok(Json(CredentialAnswer::new(found, None)))
}

/// Puts a credential of the body's `consumer` in the place of the one with that
/// id or key, or makes it. One that is there keeps its secret where none is
/// given.
#[utoipa::path(
    put,
    path = "/jwts/{credential}",
    tag = "consumers",
    params(("credential" = String, Path, description = "Id or key")),
    request_body(content(
        (CredentialBody = "application/json"),
        (CredentialBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Made or replaced", body = CredentialAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`: the consumer has gone meanwhile", body = Body),
        (status = 409, description = "`conflict`: the key or the id is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn put(
    registrar: Registrar,
    Id(credential): Id,
    fields: Fields,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let input = CredentialInput::read(fields)?;
    let owner = registrar.owner(&input).await?;
    Ok(Json(registrar.put(&owner, &credential, input).await?))
}

/// Changes a credential. A secret that is given takes the place of the old one
/// at once.
#[utoipa::path(
    patch,
    path = "/jwts/{credential}",
    tag = "consumers",
    params(("credential" = String, Path, description = "Id or key")),
    request_body(content(
        (CredentialBody = "application/json"),
        (CredentialBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Changed", body = CredentialAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`", body = Body),
        (status = 409, description = "`conflict`: the key is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    registrar: Registrar,
    Id(credential): Id,
    fields: Fields,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let input = CredentialInput::read(fields)?;
    let present = registrar.any_credential(&credential).await?;
    if input.consumer.is_some() {
        let owner = registrar.owner(&input).await?;
        if owner.username != present.consumer {
            return Err(RequestFault::invalid("consumer", "cannot change"));
        }
    }
    Ok(Json(registrar.patch(&present, input).await?))
}

/// Deletes a credential.
#[utoipa::path(
    delete,
    path = "/jwts/{credential}",
    tag = "consumers",
    params(("credential" = String, Path, description = "Id or key")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(registrar: Registrar, Id(credential): Id) -> Result<StatusCode, RequestFault> {
    let present = registrar.any_credential(&credential).await?;
    registrar.remove(present).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the consumer that a credential belongs to.
#[utoipa::path(
    get,
    path = "/jwts/{credential}/consumer",
    tag = "consumers",
    params(("credential" = String, Path, description = "Id or key")),
    responses(
        (status = 200, description = "The consumer", body = ConsumerAnswer),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn consumer(
    registrar: Registrar,
    Id(credential): Id,
) -> Result<Json<ConsumerAnswer>, RequestFault> {
    let found = registrar.any_credential(&credential).await?;
    let name = found.consumer_id.unwrap_or(found.consumer);
    Ok(Json(registrar.read(registrar.consumers.read(&name)).await?.into()))
}

impl Registrar {
    /// The credential of that id or key, whosever it is.
    async fn any_credential(&self, credential: &str) -> Result<CredentialView, RequestFault> {
        let path = CredentialPath { consumer: None, id_or_key: credential };
        self.read(self.consumers.credential(path)).await
    }
}
