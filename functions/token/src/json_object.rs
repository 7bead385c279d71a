//! A JSON object read strictly: no member name twice, nothing behind it.
//!
//! RFC 7519 section 4 lets a parser keep the last of two equal names; then two
//! parsers read two different tokens out of one text. Here such a text is
//! refused. Names are compared after unescaping, so `"\u0065xp"` is `"exp"`.
//!
//! Values are read in the same pass, of the members that the caller names; the
//! rest is only looked through.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

/// One JSON object. Not to be printed: a value may be a secret.
pub(crate) struct JsonObject<'a, const N: usize> {
    /// The values of the members that were asked for, in the order of their names.
    pub(crate) members: [Option<Member<'a>>; N],
    /// The names of all other members.
    others: Vec<Cow<'a, str>>,
}

/// The value of a member as far as anything here has a use for it.
pub(crate) enum Member<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(Number),
    /// An array of nothing but text.
    Texts(Vec<Cow<'a, str>>),
    /// Of another type.
    Other,
}

/// The text is not what it has to be; deliberately without detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotStrictJson;

impl<'a, const N: usize> JsonObject<'a, N> {
    /// Reads an object, with the values of the members called `names`.
    pub(crate) fn parse(json: &'a [u8], names: [&str; N]) -> Result<Self, NotStrictJson> {
        // At once, which is cheaper than text by text, and holds for what is only
        // looked through too.
        let json = str::from_utf8(json).map_err(|_| NotStrictJson)?;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let object = Members(names).deserialize(&mut deserializer).map_err(|_| NotStrictJson)?;
        deserializer.end().map_err(|_| NotStrictJson)?;
        Ok(object)
    }

    /// Whether there is a member of that name beside those that were asked for.
    pub(crate) fn has_other(&self, name: &str) -> bool {
        self.others.iter().any(|other| other == name)
    }
}

impl<'a> Member<'a> {
    /// Returns the text of a member; `Ok(None)` where it is absent or null.
    pub(crate) fn text(member: Option<Self>) -> Result<Option<Cow<'a, str>>, NotStrictJson> {
        match member {
            None | Some(Self::Null) => Ok(None),
            Some(Self::Text(text)) => Ok(Some(text)),
            Some(_) => Err(NotStrictJson),
        }
    }

    /// Returns one text or an array of them; nothing where it is absent or null.
    pub(crate) fn texts(member: Option<Self>) -> Result<Vec<Cow<'a, str>>, NotStrictJson> {
        match member {
            Some(Self::Texts(texts)) => Ok(texts),
            member => Ok(Self::text(member)?.into_iter().collect()),
        }
    }

    /// Returns the number of a member; `Ok(None)` where it is absent, and only
    /// there.
    pub(crate) fn number(member: Option<Self>) -> Result<Option<Number>, NotStrictJson> {
        match member {
            None => Ok(None),
            Some(Self::Number(number)) => Ok(Some(number)),
            Some(_) => Err(NotStrictJson),
        }
    }
}

/// The place of `name` among `names`. First bytes differ more often than lengths.
fn slot(names: &[&str], name: &str) -> Option<usize> {
    let first = name.as_bytes().first();
    names.iter().position(|candidate| candidate.as_bytes().first() == first && *candidate == name)
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads an object, with the values of the members of these names.
struct Members<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Members<'_, N> {
    type Value = JsonObject<'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
    type Value = JsonObject<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = [const { None }; N];
        let mut others: Vec<Cow<'de, str>> = Vec::new();
        let twice = || A::Error::custom("a member twice");
        while let Some(Name(name)) = map.next_key()? {
            if let Some(member) = slot(&self.0, &name).and_then(|slot| members.get_mut(slot)) {
                if member.replace(map.next_value()?).is_some() {
                    return Err(twice());
                }
            } else {
                map.next_value::<IgnoredAny>()?;
                others.push(name);
            }
        }
        // By length first: most names differ in it, and need not be read.
        others.sort_unstable_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
        if others.windows(2).any(|pair| matches!(pair, [first, second] if first == second)) {
            return Err(twice());
        }
        Ok(JsonObject { members, others })
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Member::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Member::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Member::Other, Member::Number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        let mut is_all_text = true;
        while let Some(element) = array.next_element()? {
            match element {
                Member::Text(text) => texts.push(text),
                _ => is_all_text = false,
            }
        }
        Ok(if is_all_text { Member::Texts(texts) } else { Member::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &[u8]) -> bool {
        JsonObject::parse(json, ["a"]).is_err() || JsonObject::parse(json, []).is_err()
    }

    fn member<'a>(json: &'a [u8], name: &str) -> Option<Member<'a>> {
        let [member] = JsonObject::parse(json, [name]).unwrap().members;
        member
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
        assert!(JsonObject::parse(deep.as_bytes(), []).is_ok(), "what nobody asked for is looked through");
        assert!(JsonObject::parse(deep.as_bytes(), ["a"]).is_err());
    }

    #[test]
    fn null_is_absent_and_a_wrong_type_is_an_error() {
        let json = br#"{"n":null,"s":"x","t":"\u0078","i":7,"l":["x","\u0078"],"m":["x",7],"d":[["x"]]}"#;
        let text = |name| Member::text(member(json, name)).map(|text| text.map(Cow::into_owned));
        let texts = |name| Member::texts(member(json, name));
        let number = |name| Member::number(member(json, name));
        assert_eq!(text("n"), Ok(None));
        assert_eq!(texts("n"), Ok(vec![]));
        assert!(member(json, "n").is_some(), "present all the same");
        assert_eq!(text("s"), Ok(Some("x".into())));
        assert_eq!(texts("s"), Ok(vec!["x".into()]));
        assert_eq!(text("t"), Ok(Some("x".into())));
        assert_eq!(texts("l"), Ok(vec!["x".into(), "x".into()]));
        assert_eq!(number("i"), Ok(Some(7.into())));
        for wrong in ["i", "l", "m", "d"] {
            assert_eq!(text(wrong), Err(NotStrictJson), "{wrong}");
        }
        for wrong in ["i", "m", "d"] {
            assert_eq!(texts(wrong), Err(NotStrictJson), "{wrong}");
        }
        for wrong in ["n", "s", "l"] {
            assert_eq!(number(wrong), Err(NotStrictJson), "{wrong}");
        }
        assert_eq!(text("missing"), Ok(None));
        assert_eq!(texts("missing"), Ok(vec![]));
        assert_eq!(number("missing"), Ok(None));
    }

    #[test]
    fn what_nobody_asked_for_is_there_but_not_read() {
        let object = JsonObject::parse(br#"{"s":"x","n":1e999,"a":1}"#, ["a"]).unwrap();
        assert!(object.has_other("s") && object.has_other("n"));
        assert!(!object.has_other("a") && !object.has_other("missing"));
    }

    #[test]
    fn values_come_in_the_order_of_their_names() {
        let object = JsonObject::parse(br#"{"sub":"1","iss":"2","sid":"3"}"#, ["iss", "sid", "none", "sub"]);
        let texts = object.unwrap().members.map(|member| Member::text(member).unwrap());
        assert_eq!(texts, [Some("2".into()), Some("3".into()), None, Some("1".into())]);
    }
}
