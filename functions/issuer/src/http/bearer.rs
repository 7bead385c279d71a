//! The access token of a request.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{authorization::Authorization, error::ApiError};
use crate::{
    bearer::{Account, Authentication},
    issuer::Issuer,
};

/// Whoever the access token of the request speaks for.
pub(crate) struct Bearer(pub(crate) Box<Account>);

impl FromRequestParts<Arc<Issuer>> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        let Authorization::Bearer(unverified_token) = Authorization::of(&parts.headers)? else {
            return Err(ApiError::NoToken);
        };
        match issuer.authenticate(unverified_token).await? {
            Authentication::Known(account) => Ok(Self(account)),
            Authentication::Refused(refusal) => {
                tracing::info!(reason = refusal.name(), "refused an access token");
                Err(ApiError::InvalidToken)
            }
        }
    }
}
