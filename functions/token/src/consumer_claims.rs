//! What is read of a consumer's token: times, token id, purpose, and no more.
//!
//! A consumer signs whatever it likes, so a claim about who it is or may do has
//! no place in this type. Of what is read, each must have its JSON type; the
//! rest of the payload may say anything.

use std::borrow::Cow;

use crate::{
    Reason,
    claims::{Times, is_id},
    json_object::{JsonObject, Member},
};

/// The claims that are read.
const NAMES: [&str; 6] = ["aud", "type", "jti", "iat", "nbf", "exp"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsumerClaims {
    /// `None` where there is no `aud` at all.
    pub(crate) aud: Option<Vec<String>>,
    pub(crate) token_type: Option<String>,
    pub(crate) jti: Option<String>,
    pub(crate) times: Times,
}

impl ConsumerClaims {
    /// Reads the payload of a token whose signature holds.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Reason> {
        let object = JsonObject::parse(payload, NAMES).map_err(|_| Reason::Malformed)?;
        let [aud, token_type, jti, iat, nbf, exp] = object.members;
        let text = |member, fault| match Member::text(member) {
            Ok(text) => Ok(text.map(Cow::into_owned)),
            Err(_) => Err(fault),
        };
        let jti = text(jti, Reason::Malformed)?;
        if jti.as_deref().is_some_and(|jti| !is_id(jti)) {
            return Err(Reason::Malformed);
        }
        let has_type = token_type.is_some();
        let token_type = text(token_type, Reason::TokenType)?;
        if token_type.is_none() && has_type {
            return Err(Reason::TokenType);
        }
        // An `aud` of null or of no member is still there, and names nobody.
        let has_aud = aud.is_some();
        let audiences = Member::texts(aud).map_err(|_| Reason::Audience)?;
        let aud = has_aud.then(|| audiences.into_iter().map(Cow::into_owned).collect());
        Ok(Self { aud, token_type, jti, times: Times::parse(iat, nbf, exp)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<ConsumerClaims, Reason> {
        ConsumerClaims::parse(json.as_bytes())
    }

    #[test]
    fn claims_about_the_caller_are_not_even_looked_at() {
        let odd = r#"{"sub":7,"role":["ADMIN"],"username":{},"name":1,"email":[],"sid":"","iss":"a"}"#;
        assert_eq!(parse(odd), parse("{}"));
    }

    #[test]
    fn an_audience_that_is_there_is_told_from_one_that_is_not() {
        assert_eq!(parse("{}").unwrap().aud, None);
        assert_eq!(parse(r#"{"aud":null}"#).unwrap().aud, Some(vec![]));
        assert_eq!(parse(r#"{"aud":[]}"#).unwrap().aud, Some(vec![]));
        assert_eq!(parse(r#"{"aud":"a"}"#).unwrap().aud, Some(vec!["a".into()]));
        assert_eq!(parse(r#"{"aud":7}"#), Err(Reason::Audience));
    }

    #[test]
    fn what_is_looked_at_has_its_type() {
        for (json, reason) in [
            (r#"{"type":null}"#, Reason::TokenType),
            (r#"{"type":1}"#, Reason::TokenType),
            (r#"{"jti":1}"#, Reason::Malformed),
            (r#"{"jti":""}"#, Reason::Malformed),
            (r#"{"exp":"1"}"#, Reason::Malformed),
            (r#"{"iat":null}"#, Reason::Malformed),
            (r#"{"nbf":[]}"#, Reason::Malformed),
            (r#"{"exp":1,"exp":2}"#, Reason::Malformed),
        ] {
            assert_eq!(parse(json), Err(reason), "{json}");
        }
    }
}
