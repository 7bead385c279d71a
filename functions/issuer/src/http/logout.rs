//! `POST /logout`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{bearer::Bearer, error::ApiError, json::Body};
use crate::{
    issuer::Issuer,
    logout::{Delivery, Scope},
    origin::Origin,
};

#[derive(Deserialize)]
struct LogoutBody {
    scope: ScopeName,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ScopeName {
    This,
    Others,
    All,
}

#[derive(Serialize)]
struct Pending {
    status: &'static str,
    message: &'static str,
}

pub(crate) async fn log_out(
    State(issuer): State<Arc<Issuer>>,
    Bearer(account): Bearer,
    origin: Origin,
    body: Body,
) -> Result<Response, ApiError> {
    let scope = match body.read::<LogoutBody>()?.map(|body| body.scope) {
        // Who just says "log out" means this session.
        None | Some(ScopeName::This) => Scope::This,
        Some(ScopeName::Others) => Scope::Others,
        Some(ScopeName::All) => Scope::All,
    };
    let delivery = issuer.log_out(&account, scope, &origin).await?;
    Ok(match delivery {
        Delivery::Done => StatusCode::NO_CONTENT.into_response(),
        Delivery::Pending => {
            let body = Pending {
                status: "pending",
                message: "logged out here; access tokens given out before may be accepted \
                          elsewhere until the registry has been told",
            };
            (StatusCode::ACCEPTED, Json(body)).into_response()
        }
    })
}
