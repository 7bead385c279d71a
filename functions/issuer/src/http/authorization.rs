//! The `Authorization` header of a request: one, and nowhere else (RFC 6750
//! section 2.1, RFC 7617).

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use super::error::ApiError;

/// The longest id and secret of a client, each in bytes.
const MAX_CREDENTIAL_BYTES: usize = 255;

/// What the header holds, none of it checked.
pub(super) enum Authorization<'h> {
    Bearer(&'h str),
    Basic(&'h str),
    /// None, or one of a scheme that is not spoken here.
    Other,
}

/// Id and secret as a client sent them.
pub(super) struct ClientCredentials {
    pub(super) id: String,
    pub(super) secret: Zeroizing<String>,
}

impl<'h> Authorization<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next();
        if values.next().is_some() {
            return Err(ApiError::SeveralTokens);
        }
        let Some((scheme, rest)) =
            value.and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' '))
        else {
            return Ok(Self::Other);
        };
        // RFC 9110 section 11.1: schemes have no case.
        Ok(if scheme.eq_ignore_ascii_case("Bearer") {
            Self::Bearer(rest.trim())
        } else if scheme.eq_ignore_ascii_case("Basic") {
            Self::Basic(rest.trim())
        } else {
            Self::Other
        })
    }
}

impl ClientCredentials {
    /// Reads `base64(id:secret)`, both form-encoded (RFC 6749 section 2.3.1).
    pub(super) fn parse(basic: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(basic).ok()?);
        let (id, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some(Self { id: decode(id)?, secret: Zeroizing::new(decode(secret)?) })
    }
}

fn decode(text: &str) -> Option<String> {
    // One name without a value, as a form writes it.
    if text.contains(['&', '=']) {
        return None;
    }
    let (decoded, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    let fit = (1..=MAX_CREDENTIAL_BYTES).contains(&decoded.len()) && !decoded.chars().any(char::is_control);
    fit.then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Option<(String, String)> {
        let credentials = ClientCredentials::parse(&BASE64_STANDARD.encode(text))?;
        Some((credentials.id, credentials.secret.to_string()))
    }

    #[test]
    fn id_and_secret_are_decoded_after_they_are_split() {
        let both = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(check("id:secret"), both("id", "secret"));
        assert_eq!(check("a%3Ab:c%20d+e%26%3D"), both("a:b", "c d e&="));
        assert_eq!(check("id:with:colon"), both("id", "with:colon"));
        for bad in ["", "id", "id:", ":secret", "id:a&b", "id:a=b", "i%00d:secret", "id:a%0Ab"] {
            assert_eq!(check(bad), None, "{bad}");
        }
        assert_eq!(check(&format!("id:{}", "x".repeat(256))), None);
        assert!(ClientCredentials::parse("not base64").is_none());
        assert!(ClientCredentials::parse(&BASE64_STANDARD.encode(b"\xff:\xff")).is_none());
    }
}
