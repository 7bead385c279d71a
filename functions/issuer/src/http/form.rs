//! The form in which a token is asked about or revoked (RFC 7662 section 2.1,
//! RFC 7009 section 2.1).

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{error::ApiError, json::read};

/// What is asked, or told, about which token.
#[derive(ToSchema)]
#[schema(examples(json!({"token": "<a token>", "token_type_hint": "refresh_token"})))]
#[expect(dead_code, reason = "its members are read by name, and documented here")]
pub(crate) struct TokenForm {
    #[schema(min_length = 1)]
    token: String,
    /// `access_token` or `refresh_token`; not needed, for a token tells itself what it is
    token_type_hint: Option<String>,
}

/// The token of the form.
pub(crate) struct FormToken(pub(crate) Zeroizing<String>);

impl<S: Send + Sync> FromRequest<S> for FormToken {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_form = is_form(request.headers());
        let bytes = read(request, state).await?;
        if !is_form {
            return Err(ApiError::UnsupportedMediaType(
                "the body must be a form, with Content-Type: application/x-www-form-urlencoded",
            ));
        }
        let mut tokens = form_urlencoded::parse(&bytes).filter(|(name, _)| name == "token");
        match (tokens.next(), tokens.next()) {
            (Some((_, token)), None) if !token.is_empty() => Ok(Self(Zeroizing::new(token.into_owned()))),
            // RFC 6749 section 3.2: no parameter twice.
            (Some(_), Some(_)) => Err(ApiError::InvalidRequest("there is more than one token")),
            _ => Err(ApiError::InvalidRequest("there is no token")),
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
