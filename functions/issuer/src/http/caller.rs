//! Requests of programs, or of people, about tokens.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    authorization::{Authorization, ClientCredentials},
    bearer::Bearer,
    error::ApiError,
};
use crate::{caller::Caller, issuer::Issuer};

impl FromRequestParts<Arc<Issuer>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        match Authorization::of(&parts.headers)? {
            Authorization::Bearer(_) => {
                let Bearer(account) = Bearer::from_request_parts(parts, issuer).await?;
                Ok(Self::User(account))
            }
            Authorization::Basic(basic) => {
                let client = match ClientCredentials::parse(basic) {
                    Some(ClientCredentials { id, secret }) => {
                        issuer.authenticate_client(&id, &secret).await?
                    }
                    None => None,
                };
                client.map(Self::Client).ok_or_else(|| {
                    tracing::info!("refused the credentials of a client");
                    ApiError::InvalidClient
                })
            }
            Authorization::Other => Err(ApiError::InvalidClient),
        }
    }
}
