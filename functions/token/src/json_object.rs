//! A JSON object read strictly: no member name twice, nothing behind it.
//!
//! RFC 7519 section 4 lets a parser keep the last of two equal names; then two
//! parsers read two different tokens out of one text. Here such a text is
//! refused. Names are compared after unescaping, so `"\u0065xp"` is `"exp"`.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members of one JSON object, values not yet read.
pub(crate) struct JsonObject<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// The text is not what it has to be; deliberately without detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotStrictJson;

impl<'a> JsonObject<'a> {
    pub(crate) fn parse(json: &'a [u8]) -> Result<Self, NotStrictJson> {
        let object: Self = serde_json::from_slice(json).map_err(|_| NotStrictJson)?;
        let mut names: Vec<&str> = object.members.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [first, second] if first == second)) {
            return Err(NotStrictJson);
        }
        Ok(object)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Reads a member; `Ok(None)` where it is absent or null.
    pub(crate) fn get<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, NotStrictJson> {
        self.raw(name).map_or(Ok(None), |raw| serde_json::from_str(raw.get()).map_err(|_| NotStrictJson))
    }

    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.members.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| *value)
    }
}

impl<'de> Deserialize<'de> for JsonObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = JsonObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(JsonObject { members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &[u8]) -> bool {
        JsonObject::parse(json).is_err()
    }

    #[test]
    fn only_one_strict_object_is_read() {
        assert!(!refused(br#"{"a":1,"b":{"a":2}}"#), "names are unique per object");
        assert!(!refused(b" {} "));
        assert!(refused(br#"{"a":1,"a":1}"#));
        assert!(refused(br#"{"exp":1,"\u0065xp":2}"#), "the same name, escaped");
        for text in [
            &b"[]"[..],
            b"null",
            b"1",
            b"\"x\"",
            b"",
            b"{",
            b"{}x",
            b"{}{}",
            b"{\"a\":1,}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\xff\"}",
            b"{'a':1}",
        ] {
            assert!(refused(text), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let _either_answer = JsonObject::parse(deep.as_bytes());
    }

    #[test]
    fn null_is_absent_and_a_wrong_type_is_an_error() {
        let object = JsonObject::parse(br#"{"n":null,"s":"x"}"#).unwrap();
        assert_eq!(object.get::<String>("n"), Ok(None));
        assert!(object.has("n"), "present all the same");
        assert_eq!(object.get::<u32>("s"), Err(NotStrictJson));
        assert_eq!(object.get::<String>("missing"), Ok(None));
    }
}
