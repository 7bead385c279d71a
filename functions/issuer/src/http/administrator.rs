//! Requests that only an administrator may make.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use token::Role;

use super::{bearer::Bearer, error::ApiError};
use crate::{audit::Actor, bearer::Account, issuer::Issuer};

/// The caller, who is an administrator by what the database says now: a token
/// goes on saying so after its owner has been demoted.
pub(crate) struct Administrator(Box<Account>);

impl Administrator {
    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.0.user.id.clone())
    }
}

impl FromRequestParts<Arc<Issuer>> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        let Bearer(account) = Bearer::from_request_parts(parts, issuer).await?;
        if account.user.role == Role::Admin {
            Ok(Self(account))
        } else {
            tracing::info!("refused a request that only an administrator may make");
            Err(ApiError::Forbidden)
        }
    }
}
