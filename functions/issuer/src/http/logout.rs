//! `POST /logout`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{answers::Pending, bearer::Bearer, error::ApiError, json::Body};
use crate::{
    issuer::Issuer,
    logout::{Delivery, Scope},
    origin::Origin,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct LogoutBody {
    scope: ScopeName,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ScopeName {
    This,
    Others,
    All,
}

/// Ends sessions of the caller: this one, the others, or all of them.
#[utoipa::path(
    post,
    path = "/logout",
    tag = "sessions",
    request_body(content = Option<LogoutBody>, description = "This session, where there is none"),
    responses(
        (status = 204, description = "Ended, and known everywhere"),
        (status = 202, description = "Ended, and not yet known everywhere", body = Pending),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn log_out(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    body: Body,
) -> Result<Delivery, ApiError> {
    let scope = match body.read::<LogoutBody>()?.map(|body| body.scope) {
        // Who just says "log out" means this session.
        None | Some(ScopeName::This) => Scope::This,
        Some(ScopeName::Others) => Scope::Others,
        Some(ScopeName::All) => Scope::All,
    };
    Ok(issuer.log_out(&account, scope, &origin).await?)
}
