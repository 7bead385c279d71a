//! The inside of a token, read after its signature held.
//!
//! Everything an issuer may leave out is an `Option` here; what must be there
//! is the policy's business. A claim of the wrong JSON type refuses the token.

use std::borrow::Cow;

use crate::{
    Reason, Timestamp,
    json_object::{JsonObject, Member},
};

/// The longest subject, session and token id in bytes: they become database
/// keys (`OpenID` Connect allows a subject 255 bytes).
pub(crate) const MAX_ID_BYTES: usize = 255;

/// `NumericDate`s beyond this are not exact in every JSON parser (2^53).
const MAX_NUMERIC_DATE: i64 = 1 << 53;

/// The claims that are read.
const NAMES: [&str; 13] =
    ["iss", "aud", "sub", "username", "name", "email", "type", "role", "sid", "jti", "iat", "nbf", "exp"];

/// The claims of RFC 7519 section 4.1 and those of this project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims<'a> {
    pub(crate) iss: Option<Cow<'a, str>>,
    /// The audiences; empty where there is none.
    pub(crate) aud: Vec<Cow<'a, str>>,
    pub(crate) sub: Option<Cow<'a, str>>,
    pub(crate) username: Option<Cow<'a, str>>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) email: Option<Cow<'a, str>>,
    pub(crate) token_type: Option<Cow<'a, str>>,
    pub(crate) role: Option<Cow<'a, str>>,
    pub(crate) sid: Option<Cow<'a, str>>,
    pub(crate) jti: Option<Cow<'a, str>>,
    pub(crate) times: Times,
}

/// When a token begins and ends, as far as it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) iat: Option<Timestamp>,
    pub(crate) nbf: Option<Timestamp>,
    pub(crate) exp: Option<Timestamp>,
}

impl<'a> Claims<'a> {
    /// Reads the payload of a token whose signature holds.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, Reason> {
        let object = JsonObject::parse(payload, NAMES).map_err(|_| Reason::Malformed)?;
        let [iss, aud, sub, username, name, email, token_type, role, sid, jti, iat, nbf, exp] =
            object.members;
        let text = |member, fault| Member::text(member).map_err(|_| fault);
        let id = |member, fault| match Member::text(member) {
            Ok(id) if id.as_deref().is_none_or(is_id) => Ok(id),
            _ => Err(fault),
        };
        Ok(Self {
            iss: text(iss, Reason::Issuer)?,
            aud: Member::texts(aud).map_err(|_| Reason::Audience)?,
            sub: id(sub, Reason::Subject)?,
            username: text(username, Reason::Malformed)?,
            name: text(name, Reason::Malformed)?,
            email: text(email, Reason::Malformed)?,
            token_type: text(token_type, Reason::TokenType)?,
            role: text(role, Reason::Role)?,
            sid: id(sid, Reason::Malformed)?,
            jti: id(jti, Reason::Malformed)?,
            times: Times::parse(iat, nbf, exp)?,
        })
    }
}

impl Times {
    pub(crate) fn parse(
        iat: Option<Member<'_>>,
        nbf: Option<Member<'_>>,
        exp: Option<Member<'_>>,
    ) -> Result<Self, Reason> {
        Ok(Self {
            // A fraction of a second is rounded to the stricter side.
            iat: numeric_date(iat, f64::ceil)?,
            nbf: numeric_date(nbf, f64::ceil)?,
            exp: numeric_date(exp, f64::floor)?,
        })
    }
}

/// Whether `id` can be the key of something in a database.
pub(crate) fn is_id(id: &str) -> bool {
    let has_control = if id.is_ascii() {
        id.bytes().any(|byte| byte.is_ascii_control())
    } else {
        id.chars().any(char::is_control)
    };
    (1..=MAX_ID_BYTES).contains(&id.len()) && !has_control
}

fn numeric_date(member: Option<Member<'_>>, round: fn(f64) -> f64) -> Result<Option<Timestamp>, Reason> {
    let Some(number) = Member::number(member).map_err(|_| Reason::Malformed)? else { return Ok(None) };
    let secs = match (number.as_i64(), number.as_f64()) {
        (Some(secs), _) => secs,
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and the range is checked below")]
        (None, Some(secs)) if secs.is_finite() => round(secs) as i64,
        _ => return Err(Reason::Malformed),
    };
    if !(-MAX_NUMERIC_DATE..=MAX_NUMERIC_DATE).contains(&secs) {
        return Err(Reason::Malformed);
    }
    Ok(Some(Timestamp::from_unix_secs(secs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Claims<'_>, Reason> {
        Claims::parse(json.as_bytes())
    }

    fn exp(number: &str) -> Result<Option<i64>, Reason> {
        parse(&format!(r#"{{"exp":{number}}}"#)).map(|claims| claims.times.exp.map(Timestamp::as_unix_secs))
    }

    #[test]
    fn a_numeric_date_is_a_finite_number_of_sane_size() {
        assert_eq!(exp("1650000000"), Ok(Some(1_650_000_000)));
        assert_eq!(exp("1650000000.9"), Ok(Some(1_650_000_000)));
        assert_eq!(exp("1.65e9"), Ok(Some(1_650_000_000)));
        assert_eq!(exp("-1"), Ok(Some(-1)));
        assert_eq!(exp("0"), Ok(Some(0)));
        for number in [
            "\"1650000000\"",
            "null",
            "true",
            "[]",
            "{}",
            "1e400",
            "-1e400",
            "1e300",
            "9007199254740993",
            "18446744073709551615",
            "1e19",
        ] {
            assert_eq!(exp(number), Err(Reason::Malformed), "{number}");
        }
        let iat = parse(r#"{"iat":0.1}"#).unwrap().times.iat;
        assert_eq!(iat, Some(Timestamp::from_unix_secs(1)), "to the stricter side");
    }

    #[test]
    fn the_payload_is_one_strict_object() {
        for json in [
            "[]",
            "null",
            "7",
            "\"{}\"",
            "{}{}",
            r#"{"sub":"a","sub":"b"}"#,
            r#"{"exp":1,"\u0065xp":2}"#,
            "",
            "{",
        ] {
            assert_eq!(parse(json), Err(Reason::Malformed), "{json}");
        }
        assert!(parse("{}").is_ok());
    }

    #[test]
    fn ids_are_short_text_without_control_characters() {
        for id in ["\"\"", "7", r#""a\u0000b""#, r#""a\r\nb""#, &format!("\"{}\"", "x".repeat(256))] {
            assert_eq!(parse(&format!(r#"{{"sub":{id}}}"#)), Err(Reason::Subject), "{id}");
            assert_eq!(parse(&format!(r#"{{"jti":{id}}}"#)), Err(Reason::Malformed), "{id}");
            assert_eq!(parse(&format!(r#"{{"sid":{id}}}"#)), Err(Reason::Malformed), "{id}");
        }
    }

    #[test]
    fn audiences_are_one_or_many() {
        assert_eq!(parse(r#"{"aud":"a"}"#).unwrap().aud, ["a"]);
        assert_eq!(parse(r#"{"aud":["a","b"]}"#).unwrap().aud, ["a", "b"]);
        assert!(parse(r#"{"aud":null}"#).unwrap().aud.is_empty());
        for wrong in ["7", r#"["a",7]"#, r#"{"a":1}"#, r#"[["a"]]"#] {
            assert_eq!(parse(&format!(r#"{{"aud":{wrong}}}"#)), Err(Reason::Audience), "{wrong}");
        }
    }
}
