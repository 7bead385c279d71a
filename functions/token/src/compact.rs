//! The outside of a token: three parts and a header, nothing believed yet.
//!
//! What is read here was written by whoever sent the token. It serves to refuse
//! early and to choose a key, never to decide (RFC 8725 section 3.8).

use std::{borrow::Cow, fmt};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    Algorithm, Reason,
    json_object::{JsonObject, Member},
    key::is_key_id,
};

/// A token in JWS compact serialisation (RFC 7515 section 7.1) whose signature
/// has not been checked.
pub struct UnverifiedToken<'a> {
    pub(crate) signing_input: &'a str,
    /// Decoded, and no more than that.
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: &'a str,
    /// As it was sent.
    pub(crate) encoded_header: &'a str,
    pub(crate) header: Cow<'a, Header>,
}

/// What a header says, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
}

impl fmt::Debug for UnverifiedToken<'_> {
    /// The header alone: the rest lets whoever reads it in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("header", &self.header).finish_non_exhaustive()
    }
}

impl<'a> UnverifiedToken<'a> {
    /// Splits `text` and reads its header.
    ///
    /// # Errors
    ///
    /// [`Reason::TooLarge`] before anything is decoded, [`Reason::Malformed`],
    /// or [`Reason::Algorithm`] where the header names anything but HMAC.
    pub fn parse(text: &'a str, max_bytes: usize) -> Result<Self, Reason> {
        Self::parse_with(text, max_bytes, |_| None)
    }

    /// As [`Self::parse`], for whoever may have read the same header before.
    pub(crate) fn parse_with(
        text: &'a str,
        max_bytes: usize,
        known_header: impl FnOnce(&str) -> Option<&'a Header>,
    ) -> Result<Self, Reason> {
        if text.len() > max_bytes {
            return Err(Reason::TooLarge);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(Reason::Malformed)?;
        let (encoded_header, payload) = signing_input.split_once('.').ok_or(Reason::Malformed)?;
        if payload.is_empty() || !is_base64url(signature) {
            return Err(Reason::Malformed);
        }
        let decode = |part| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::Malformed);
        let header = match known_header(encoded_header) {
            Some(header) => Cow::Borrowed(header),
            None => Cow::Owned(Header::read(&decode(encoded_header)?)?),
        };
        Ok(Self { signing_input, payload: decode(payload)?, signature, encoded_header, header })
    }

    /// The key id that the header names, to look a key up with.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }
}

impl Header {
    fn read(json: &[u8]) -> Result<Self, Reason> {
        let header = JsonObject::parse(json, ["alg", "typ", "kid"]).map_err(|_| Reason::Malformed)?;
        // RFC 7515 section 4.1.11: whoever does not understand an extension that is
        // marked critical must refuse, and this verifier understands none.
        if header.has_other("crit") {
            return Err(Reason::Malformed);
        }
        let [alg, typ, kid] = header.members;
        let text = |member| Member::text(member).map_err(|_| Reason::Malformed);

        let name = text(alg)?.ok_or(Reason::Algorithm)?;
        let algorithm = Algorithm::from_name(&name).ok_or(Reason::Algorithm)?;
        // RFC 8725 section 3.11: a JWT made for another purpose says so here.
        if text(typ)?.is_some_and(|typ| !is_access_token_type(&typ)) {
            return Err(Reason::TokenType);
        }
        // `jku`, `jwk`, `x5u` and `x5c` offer keys of the sender's choice: not read.
        let kid = text(kid)?;
        if kid.as_deref().is_some_and(|kid| !is_key_id(kid)) {
            return Err(Reason::Malformed);
        }
        Ok(Self { algorithm, kid: kid.map(Cow::into_owned) })
    }
}

/// A cheap look at the alphabet of RFC 4648 section 5. The exact decoding comes when
/// the signature is used.
fn is_base64url(part: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !part.is_empty() && part.bytes().all(is_one)
}

/// RFC 7519 section 5.1 and RFC 9068 section 2.1, media types without regard to
/// case and with or without `application/`.
fn is_access_token_type(typ: &str) -> bool {
    let short = match typ.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    };
    short.eq_ignore_ascii_case("JWT") || short.eq_ignore_ascii_case("at+jwt")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn encode(json: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    fn check_header(json: &str, expected: &Expect) {
        let text = format!("{}.e30.AA", encode(json));
        check(&text, expected);
    }

    fn check(text: &str, expected: &Expect) {
        let told = match UnverifiedToken::parse(text, 8192) {
            Ok(token) => format!("{} {:?}", token.algorithm(), token.kid()),
            Err(reason) => reason.to_string(),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn exactly_three_parts_of_strict_base64url() {
        let header = encode(r#"{"alg":"HS256"}"#);
        check(&format!("{header}.e30.AA"), &expect!["HS256 None"]);
        for text in [
            String::new(),
            "a".into(),
            "..".into(),
            header.clone(),
            format!("{header}.e30"),
            format!("{header}.e30."),
            format!("{header}..AA"),
            format!(".{header}.e30.AA"),
            format!("{header}.e30.AA.AA"),
            format!("{header}.e30.AA."),
            format!("{header}=.e30.AA"),
            format!("{header}.e30=.AA"),
            format!("{header}.e30.AA=="),
            format!("{header}.e3+.AA"),
            // Differs from `e30` in bits that decode to nothing.
            format!("{header}.e31.AA"),
            format!("{header}.e30.A/"),
            format!("{header}.e30.AA\n"),
            format!(" {header}.e30.AA"),
            format!("{header}.é30.AA"),
        ] {
            check(&text, &expect!["malformed"]);
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let text = format!("{}.e30.AAAA", encode(r#"{"alg":"HS256","kid":"k"}"#));
        expect![[r#"UnverifiedToken { header: Header { algorithm: HS256, kid: Some("k") }, .. }"#]]
            .assert_eq(&format!("{:?}", UnverifiedToken::parse(&text, 8192).unwrap()));
    }

    #[test]
    fn size_comes_before_everything() {
        let text = "x".repeat(8193);
        check(&text, &expect!["too_large"]);
        check(&text[..8192], &expect!["malformed"]);
    }

    #[test]
    fn only_hmac_is_an_algorithm() {
        check_header(r#"{"alg":"HS256","typ":"JWT","kid":"k"}"#, &expect![[r#"HS256 Some("k")"#]]);
        check_header(r#"{"alg":"HS512"}"#, &expect!["HS512 None"]);
        for alg in [
            "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "RS256", "ES256", "PS256", "EdDSA", "HS1",
            "dir",
        ] {
            check_header(&format!(r#"{{"alg":"{alg}"}}"#), &expect!["algorithm"]);
        }
        check_header(r#"{"typ":"JWT"}"#, &expect!["algorithm"]);
        check_header(r#"{"alg":null}"#, &expect!["algorithm"]);
        for alg in ["256", "true", r#"["HS256"]"#, r#"{"HS256":1}"#] {
            check_header(&format!(r#"{{"alg":{alg}}}"#), &expect!["malformed"]);
        }
    }

    #[test]
    fn keys_in_the_header_are_not_read_and_critical_extensions_refused() {
        check_header(
            r#"{"alg":"HS256","jku":"http://evil","jwk":{"kty":"oct","k":"AA"},"x5u":1,"x5c":"?","x5t":[],"b64":false,"new":{"a":1}}"#,
            &expect!["HS256 None"],
        );
        for crit in [r#"["exp"]"#, "[]", r#"["b64"]"#, "null", "1"] {
            check_header(&format!(r#"{{"alg":"HS256","crit":{crit}}}"#), &expect!["malformed"]);
        }
    }

    #[test]
    fn the_header_is_one_strict_object() {
        check_header(r#"{"alg":"HS256","alg":"HS256"}"#, &expect!["malformed"]);
        check_header(r#"{"alg":"none","\u0061lg":"HS256"}"#, &expect!["malformed"]);
        check_header(r#"["HS256"]"#, &expect!["malformed"]);
        check_header(r#"{"alg":"HS256"} {}"#, &expect!["malformed"]);
        check_header(r#"{"alg":"HS256","typ":1}"#, &expect!["malformed"]);
    }

    #[test]
    fn a_token_for_another_purpose_is_refused_by_its_type() {
        for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"] {
            check_header(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#), &expect!["HS256 None"]);
        }
        for typ in ["secevent+jwt", "dpop+jwt", "logout+jwt", "JOSE", "refresh+jwt", ""] {
            check_header(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#), &expect!["token_type"]);
        }
    }

    #[test]
    fn a_key_id_is_short_printable_text() {
        for kid in [r"a\u0000b", r"a\nb", "ключ", "", &"k".repeat(257)] {
            check_header(&format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#), &expect!["malformed"]);
        }
        check_header(r#"{"alg":"HS256","kid":7}"#, &expect!["malformed"]);
        check_header(
            r#"{"alg":"HS256","kid":"../../etc/passwd' OR 1=1"}"#,
            &expect![[r#"HS256 Some("../../etc/passwd' OR 1=1")"#]],
        );
    }
}
