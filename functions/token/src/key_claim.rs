//! The claim that chooses a key: `iss`, or `kid` where there is no `iss`.
//!
//! It is read before the signature is checked, because it says which secret to
//! check it with. Whoever sent the token wrote it, so it only ever looks a
//! credential up (RFC 8725 section 3.8), and it is made fit for a database
//! before it gets near one.

use std::borrow::Cow;

use crate::{
    Reason, UnverifiedToken,
    claims::is_id,
    json_object::{JsonObject, Member},
};

/// The name of a credential as an unverified token gives it: 1 to 255 bytes of
/// text without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    key: String,
    jti: Option<String>,
}

/// What is read of a payload before its signature holds.
pub(crate) struct UnverifiedPayload {
    iss: Option<String>,
    jti: Option<String>,
}

impl KeyClaim {
    /// # Errors
    ///
    /// [`Reason::Issuer`] where `key` can be the key of no credential.
    pub(crate) fn new(key: String, jti: Option<String>) -> Result<Self, Reason> {
        if is_id(&key) { Ok(Self { key, jti }) } else { Err(Reason::Issuer) }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The id of the token, as unverified as the rest: to ask for its revocation
    /// together with the credential.
    pub fn jti(&self) -> Option<&str> {
        self.jti.as_deref()
    }
}

impl UnverifiedPayload {
    /// # Errors
    ///
    /// [`Reason::Malformed`] where the payload is not one strict JSON object or
    /// its `jti` is no id, [`Reason::Issuer`] where its `iss` is no text.
    pub(crate) fn read(token: &UnverifiedToken<'_>) -> Result<Self, Reason> {
        let object = JsonObject::parse(&token.payload, ["iss", "jti"]).map_err(|_| Reason::Malformed)?;
        let [iss, jti] = object.members;
        let has_iss = iss.is_some();
        let iss = Member::text(iss).map_err(|_| Reason::Issuer)?;
        if iss.is_none() && has_iss {
            // A null is an `iss` that names nobody, not the absence of one.
            return Err(Reason::Issuer);
        }
        let jti = Member::text(jti).map_err(|_| Reason::Malformed)?;
        if jti.as_deref().is_some_and(|jti| !is_id(jti)) {
            return Err(Reason::Malformed);
        }
        Ok(Self { iss: iss.map(Cow::into_owned), jti: jti.map(Cow::into_owned) })
    }

    pub(crate) fn iss(&self) -> Option<&str> {
        self.iss.as_deref()
    }

    /// Returns the key claim of the token that this is the payload of.
    pub(crate) fn into_key_claim(self, kid: Option<&str>) -> Result<Option<KeyClaim>, Reason> {
        let key = self.iss.or_else(|| kid.map(str::to_owned));
        key.map(|key| KeyClaim::new(key, self.jti)).transpose()
    }
}

impl UnverifiedToken<'_> {
    /// Returns what the token says its credential is; `None` where it says
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Reason::Malformed`] or [`Reason::Issuer`] where it says something that
    /// can be no credential.
    pub fn key_claim(&self) -> Result<Option<KeyClaim>, Reason> {
        UnverifiedPayload::read(self)?.into_key_claim(self.kid())
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use expect_test::{Expect, expect};

    use super::*;

    fn check(header: &str, payload: &str, expected: &Expect) {
        let text = [header, payload].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".") + ".AA";
        let token = UnverifiedToken::parse(&text, 8192).unwrap();
        let told = match token.key_claim() {
            Ok(Some(claim)) => format!("{} {:?}", claim.key(), claim.jti()),
            Ok(None) => "none".into(),
            Err(reason) => reason.to_string(),
        };
        expected.assert_eq(&told);
    }

    const PLAIN: &str = r#"{"alg":"HS256"}"#;
    const KID: &str = r#"{"alg":"HS256","kid":"from-kid"}"#;

    #[test]
    fn iss_comes_before_kid() {
        check(KID, r#"{"iss":"from-iss","jti":"j"}"#, &expect![[r#"from-iss Some("j")"#]]);
        check(PLAIN, r#"{"iss":"from-iss"}"#, &expect!["from-iss None"]);
        check(KID, "{}", &expect!["from-kid None"]);
        check(PLAIN, r#"{"sub":"x"}"#, &expect!["none"]);
    }

    #[test]
    fn what_can_be_no_key_never_reaches_a_database() {
        for iss in ["\"\"", "null", "7", "true", "[\"a\"]", "{}", r#""a\u0000b""#, r#""a\r\nb""#] {
            check(KID, &format!(r#"{{"iss":{iss}}}"#), &expect!["issuer"]);
        }
        check(PLAIN, &format!(r#"{{"iss":"{}"}}"#, "x".repeat(256)), &expect!["issuer"]);
        check(&format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "k".repeat(256)), "{}", &expect!["issuer"]);
        for jti in ["\"\"", "7", r#""a\u0007""#, "[]", &format!("\"{}\"", "x".repeat(256))] {
            check(PLAIN, &format!(r#"{{"iss":"a","jti":{jti}}}"#), &expect!["malformed"]);
        }
    }

    #[test]
    fn the_payload_is_one_strict_object() {
        for payload in
            ["[]", "null", "7", "{}{}", "{", "x", r#"{"iss":"a","iss":"b"}"#, r#"{"iss":"a","\u0069ss":"b"}"#]
        {
            check(KID, payload, &expect!["malformed"]);
        }
    }
}
