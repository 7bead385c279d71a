//! Tokens as text: shown without their signature, and changed without it.

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

/// Returns header and claims of a token. Without the signature it opens nothing.
///
/// # Errors
///
/// Says that the text is not a JWT.
pub fn described(token: &str) -> anyhow::Result<String> {
    let (header, claims, _) = parts(token)?;
    Ok(format!("{} {}", decoded(header)?, decoded(claims)?))
}

/// # Errors
///
/// Says that the text is not a JWT with a key id.
pub fn kid(token: &str) -> anyhow::Result<String> {
    let (header, ..) = parts(token)?;
    let header = decoded(header)?;
    header.get("kid").and_then(Value::as_str).map(str::to_owned).context("the token names no key")
}

/// Makes the caller of a token an administrator, and keeps the signature.
///
/// # Errors
///
/// Says that the text is not a JWT.
pub fn tampered(token: &str) -> anyhow::Result<String> {
    let (header, claims, signature) = parts(token)?;
    let mut claims = decoded(claims)?;
    let members = claims.as_object_mut().context("the claims are not an object")?;
    members.insert("role".to_owned(), "ADMIN".into());
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    Ok(format!("{header}.{claims}.{signature}"))
}

fn parts(token: &str) -> anyhow::Result<(&str, &str, &str)> {
    let (header, rest) = token.split_once('.').context("the token has one part only")?;
    let (claims, signature) = rest.split_once('.').context("the token has two parts only")?;
    ensure!(!signature.contains('.'), "the token has more than three parts");
    Ok((header, claims, signature))
}

fn decoded(part: &str) -> anyhow::Result<Value> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).context("a part of the token is not base64url")?;
    serde_json::from_slice(&bytes).context("a part of the token is not JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJraWQiOiJrIn0.eyJyb2xlIjoiVVNFUiJ9.c2ln";

    #[test]
    fn a_token_is_shown_without_its_signature() {
        assert_eq!(described(TOKEN).unwrap(), r#"{"kid":"k"} {"role":"USER"}"#);
        assert_eq!(kid(TOKEN).unwrap(), "k");
        assert!(described("a.b").is_err());
    }

    #[test]
    fn tampering_changes_the_claims_only() {
        assert_eq!(described(&tampered(TOKEN).unwrap()).unwrap(), r#"{"kid":"k"} {"role":"ADMIN"}"#);
        let signature = |token: &str| parts(token).unwrap().2.to_owned();
        assert_eq!(signature(&tampered(TOKEN).unwrap()), signature(TOKEN));
    }
}
