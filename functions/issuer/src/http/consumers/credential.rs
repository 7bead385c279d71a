//! `/consumers/{consumer}/jwt` and `/consumers/{consumer}/jwt/{credential}`.

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
    consumers::CredentialAnswer,
    http::{
        error::Body,
        path::{Id, TwoIds},
    },
};

/// Lists the credentials of a consumer.
#[utoipa::path(
    get,
    path = "/consumers/{consumer}/jwt",
    tag = "consumers",
    params(("consumer" = String, Path, description = "Id or username"), PageParams),
    responses(
        (status = 200, description = "Some of them", body = PageAnswer<CredentialAnswer>),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    registrar: Registrar,
    Id(consumer): Id,
    wanted: Wanted,
) -> Result<Json<PageAnswer<CredentialAnswer>>, RequestFault> {
    let wanted = wanted.page_only()?;
    let page = registrar.consumers.credentials_of_consumer(&consumer, wanted.page.clone());
    let page = registrar.read(page).await?;
    let consumer: String = form_urlencoded::byte_serialize(consumer.as_bytes()).collect();
    // A plus sign in a path is one.
    let path = format!("/consumers/{}/jwt", consumer.replace('+', "%20"));
    Ok(Json(wanted.answer(&path, page, |one| CredentialAnswer::new(one, None))))
}

/// Makes a credential; its key and its secret are made up where they are left
/// out. The secret is shown this once.
#[utoipa::path(
    post,
    path = "/consumers/{consumer}/jwt",
    tag = "consumers",
    params(("consumer" = String, Path, description = "Id or username")),
    request_body(content(
        (CredentialBody = "application/json"),
        (CredentialBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 201, description = "Made", body = CredentialAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`", body = Body),
        (status = 409, description = "`conflict`: the key or the id is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create(
    registrar: Registrar,
    Id(consumer): Id,
    fields: Fields,
) -> Result<(StatusCode, Json<CredentialAnswer>), RequestFault> {
    let input = CredentialInput::read(fields)?;
    let owner = registrar.read(registrar.consumers.read(&consumer)).await?;
    input.check_owner(&owner)?;
    Ok((StatusCode::CREATED, Json(registrar.make(&owner, input).await?)))
}

/// Returns a credential, without its secret.
#[utoipa::path(
    get,
    path = "/consumers/{consumer}/jwt/{credential}",
    tag = "consumers",
    params(
        ("consumer" = String, Path, description = "Id or username"),
        ("credential" = String, Path, description = "Id or key"),
    ),
    responses(
        (status = 200, description = "The credential", body = CredentialAnswer),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    registrar: Registrar,
    TwoIds(consumer, credential): TwoIds,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let found = registrar.credential(&consumer, &credential).await?;
    Ok(Json(CredentialAnswer::new(found, None)))
}

/// Puts a credential in the place of the one with that id or key, or makes it.
/// One that is there keeps its secret where none is given.
#[utoipa::path(
    put,
    path = "/consumers/{consumer}/jwt/{credential}",
    tag = "consumers",
    params(
        ("consumer" = String, Path, description = "Id or username"),
        ("credential" = String, Path, description = "Id or key"),
    ),
    request_body(content(
        (CredentialBody = "application/json"),
        (CredentialBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Made or replaced", body = CredentialAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`: there is no such consumer", body = Body),
        (status = 409, description = "`conflict`: the key or the id is taken", body = FieldErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn put(
    registrar: Registrar,
    TwoIds(consumer, credential): TwoIds,
    fields: Fields,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let input = CredentialInput::read(fields)?;
    let owner = registrar.read(registrar.consumers.read(&consumer)).await?;
    input.check_owner(&owner)?;
    Ok(Json(registrar.put(&owner, &credential, input).await?))
}

/// Changes a credential. A secret that is given takes the place of the old one
/// at once; to let the old one live for a while, see `…/secret`.
#[utoipa::path(
    patch,
    path = "/consumers/{consumer}/jwt/{credential}",
    tag = "consumers",
    params(
        ("consumer" = String, Path, description = "Id or username"),
        ("credential" = String, Path, description = "Id or key"),
    ),
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
    TwoIds(consumer, credential): TwoIds,
    fields: Fields,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let input = CredentialInput::read(fields)?;
    if input.consumer.is_some() {
        let owner = registrar.read(registrar.consumers.read(&consumer)).await?;
        input.check_owner(&owner)?;
    }
    let present = registrar.credential(&consumer, &credential).await?;
    Ok(Json(registrar.patch(&present, input).await?))
}

/// Deletes a credential.
#[utoipa::path(
    delete,
    path = "/consumers/{consumer}/jwt/{credential}",
    tag = "consumers",
    params(
        ("consumer" = String, Path, description = "Id or username"),
        ("credential" = String, Path, description = "Id or key"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(
    registrar: Registrar,
    TwoIds(consumer, credential): TwoIds,
) -> Result<StatusCode, RequestFault> {
    let present = registrar.credential(&consumer, &credential).await?;
    registrar.remove(present).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Registrar {
    /// The consumer's credential of that id or key.
    pub(super) async fn credential(
        &self,
        consumer: &str,
        credential: &str,
    ) -> Result<CredentialView, RequestFault> {
        let path = CredentialPath { consumer: Some(consumer), id_or_key: credential };
        self.read(self.consumers.credential(path)).await
    }
}
