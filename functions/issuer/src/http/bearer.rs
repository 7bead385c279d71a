//! The access token of a request (RFC 6750 section 2.1): one `Authorization`
//! header, and nowhere else.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::error::ApiError;
use crate::{
    bearer::{Account, Authentication},
    issuer::Issuer,
};

/// Whoever the access token of the request speaks for.
pub(crate) struct Bearer(pub(crate) Box<Account>);

impl FromRequestParts<Arc<Issuer>> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        let unverified_token = token_of(&parts.headers)?;
        match issuer.authenticate(unverified_token).await? {
            Authentication::Known(account) => Ok(Self(account)),
            Authentication::Refused(refusal) => {
                tracing::info!(reason = refusal.name(), "refused an access token");
                Err(ApiError::InvalidToken)
            }
        }
    }
}

fn token_of(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(ApiError::NoToken)?;
    if values.next().is_some() {
        return Err(ApiError::SeveralTokens);
    }
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(ApiError::NoToken)?;
    // RFC 9110 section 11.1: schemes have no case.
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(ApiError::NoToken);
    }
    Ok(token.trim())
}
