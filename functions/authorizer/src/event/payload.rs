//! What of an event is kept at all.
//!
//! Events are read for every request, and most of one is of no use here: what
//! nobody asks for is passed over without being kept.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// The members of events that anything here looks at.
const NAMES: [&str; 19] = [
    "type",
    "authorizationToken",
    "methodArn",
    "routeArn",
    "version",
    "requestContext",
    "headers",
    "multiValueHeaders",
    "cookies",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "query_string_parameters",
    "httpMethod",
    "method",
    "path",
    "rawPath",
    "raw_path",
    "Step",
    "SecretId",
];

/// An event as it arrives, as far as it is looked at.
#[derive(Clone)]
pub struct Payload {
    /// `None` where the event is no JSON object. Of two members of a name the last
    /// one counts, as it does where an event is read whole.
    members: Option<Vec<(&'static str, Value)>>,
}

impl Payload {
    pub(crate) fn is_object(&self) -> bool {
        self.members.is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(NAMES.contains(&name), "{name} is not kept");
        let mut members = self.members.iter().flatten();
        members.find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl fmt::Debug for Payload {
    /// Names alone: a token is among the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.iter().flatten().map(|(name, _)| name)).finish()
    }
}

impl From<Value> for Payload {
    fn from(event: Value) -> Self {
        let Value::Object(event) = event else { return Self { members: None } };
        let kept = |(name, value): (String, Value)| Some((known(&name)?, value));
        Self { members: Some(event.into_iter().filter_map(kept).collect()) }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PayloadVisitor)
    }
}

fn known(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|candidate| *candidate == name)
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
        let mut members: Vec<(&'static str, Value)> = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            match members.iter_mut().find(|(candidate, _)| *candidate == name) {
                Some((_, earlier)) => *earlier = value,
                None => members.push((name, value)),
            }
        }
        Ok(Payload { members: Some(members) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Payload, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Payload { members: None })
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Payload, E> {
        Ok(Payload { members: None })
    }

    fn visit_unit<E: Error>(self) -> Result<Payload, E> {
        Ok(Payload { members: None })
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Payload, E> {
        Ok(Payload { members: None })
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Payload, E> {
        Ok(Payload { members: None })
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Payload, E> {
        Ok(Payload { members: None })
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Payload, E> {
        Ok(Payload { members: None })
    }
}

/// The name of a member, where it is one that is kept.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(known(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By name: the order of the members says nothing.
    fn sorted(payload: Payload) -> Option<Vec<(&'static str, Value)>> {
        let mut members = payload.members?;
        members.sort_by_key(|(name, _)| *name);
        Some(members)
    }

    fn read(json: &str) -> Payload {
        let read: Payload = serde_json::from_str(json).unwrap();
        let whole: Value = serde_json::from_str(json).unwrap();
        assert_eq!(sorted(read.clone()), sorted(whole.into()), "{json}");
        read
    }

    #[test]
    fn what_nobody_asks_for_is_passed_over() {
        let payload =
            read(r#"{"type":"TOKEN","isBase64Encoded":false,"body":{"type":"REQUEST"},"path":null}"#);
        assert_eq!(payload.get("type"), Some(&Value::from("TOKEN")));
        assert!(payload.has("path"), "null is there");
        assert_eq!(payload.members.unwrap().len(), 2);
    }

    #[test]
    fn of_two_members_of_a_name_the_last_one_counts() {
        let payload = read(r#"{"type":"TOKEN","\u0074ype":"REQUEST"}"#);
        assert_eq!(payload.get("type"), Some(&Value::from("REQUEST")));
    }

    #[test]
    fn an_event_that_is_no_object_is_told_from_an_empty_one() {
        for json in ["null", "true", "7", "-7", "0.5", "\"x\"", "\"\\u0078\"", "[]", "[{\"type\":1}]"] {
            assert!(!read(json).is_object(), "{json}");
        }
        assert!(read("{}").is_object());
    }

    #[test]
    fn a_token_is_not_printed() {
        let payload = read(r#"{"type":"TOKEN","authorizationToken":"Bearer a.b.c"}"#);
        assert_eq!(format!("{payload:?}"), r#"{"type", "authorizationToken"}"#);
    }

    #[test]
    fn what_is_no_json_is_no_event() {
        for text in ["", "{", "{}{}", "{\"a\":}", "[1", "{\"type\":1,}"] {
            assert!(serde_json::from_str::<Payload>(text).is_err(), "{text}");
        }
    }
}
