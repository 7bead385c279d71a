//! Where in a request a token may be, and taking it out.
//!
//! Exactly one token over all places: where a gateway, its cache and a backend
//! could each pick a different one, nobody knows who was let in.

use std::borrow::Cow;

use serde_json::{Map, Value};
use token::Reason;

/// The longest token that a setting may allow, in bytes.
pub(crate) const MAX_TOKEN_BYTES: u32 = 65_536;

/// With room for the scheme in front of it, and to spare.
const LONGEST_BYTES: usize = 2 * MAX_TOKEN_BYTES as usize;

/// One place of a token, from the setting `TOKEN_SOURCES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    Header(String),
    Cookie(String),
    Query(String),
    /// The entry after this name in `Sec-WebSocket-Protocol`: a browser cannot
    /// set any other header of a WebSocket handshake.
    Subprotocol(String),
}

/// A token and where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'e> {
    pub unverified_token: &'e str,
    /// The place in words of the setting; never a value.
    pub place: Cow<'static, str>,
}

/// The parts of a request that can carry a token, as the event has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestParts<'e> {
    pub headers: Option<&'e Map<String, Value>>,
    pub multi_value_headers: Option<&'e Map<String, Value>>,
    pub cookies: Option<&'e Vec<Value>>,
    pub query: Option<&'e Map<String, Value>>,
    pub multi_value_query: Option<&'e Map<String, Value>>,
}

impl RequestParts<'_> {
    pub fn has_header(&self, name: &str) -> bool {
        !values(self.headers, self.multi_value_headers, |key| key.eq_ignore_ascii_case(name)).is_empty()
    }
}

impl TokenSource {
    /// Reads a comma list such as `header:Authorization,cookie:session`.
    pub(crate) fn parse_list(list: &str) -> Option<Vec<Self>> {
        list.split(',').map(|source| Self::parse(source.trim())).collect()
    }

    fn parse(source: &str) -> Option<Self> {
        let (place, name) = source.split_once(':')?;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return None;
        }
        match place {
            "header" => Some(Self::Header(name.to_owned())),
            "cookie" => Some(Self::Cookie(name.to_owned())),
            "query" => Some(Self::Query(name.to_owned())),
            "subprotocol" => Some(Self::Subprotocol(name.to_owned())),
            _ => None,
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Header(name) => format!("header:{name}"),
            Self::Cookie(name) => format!("cookie:{name}"),
            Self::Query(name) => format!("query:{name}"),
            Self::Subprotocol(name) => format!("subprotocol:{name}"),
        }
    }

    fn collect<'e>(&self, parts: &RequestParts<'e>) -> Result<Vec<&'e str>, Reason> {
        match self {
            Self::Header(name) => {
                let bare = !name.eq_ignore_ascii_case("authorization");
                let values =
                    values(parts.headers, parts.multi_value_headers, |key| key.eq_ignore_ascii_case(name));
                values.into_iter().filter_map(|value| credential(value, bare).transpose()).collect()
            }
            Self::Subprotocol(name) => {
                let lines = values(parts.headers, parts.multi_value_headers, |key| {
                    key.eq_ignore_ascii_case("sec-websocket-protocol")
                });
                // One list, however many lines it came in (RFC 6455 section 11.3.4).
                let entries: Vec<&str> =
                    lines.into_iter().flat_map(|line| line.split(',')).map(str::trim).collect();
                let after = entries.windows(2).filter_map(|pair| match pair {
                    [mark, token] if mark == name => Some(*token),
                    _ => None,
                });
                Ok(after.collect())
            }
            Self::Query(name) => Ok(values(parts.query, parts.multi_value_query, |key| key == name)),
            Self::Cookie(name) => {
                let listed = parts.cookies.into_iter().flatten().filter_map(Value::as_str);
                let sent = values(parts.headers, parts.multi_value_headers, |key| {
                    key.eq_ignore_ascii_case("cookie")
                });
                let pairs = listed
                    .chain(sent)
                    .flat_map(|line| line.split(';'))
                    .filter_map(|pair| pair.split_once('='));
                Ok(pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).collect())
            }
        }
    }
}

/// Takes the one token out of a request.
///
/// # Errors
///
/// [`Reason::NoToken`], [`Reason::MultipleTokens`], or [`Reason::Malformed`].
pub fn find<'e>(sources: &[TokenSource], parts: &RequestParts<'e>) -> Result<Found<'e>, Reason> {
    let mut found = Vec::new();
    for source in sources {
        let tokens = source.collect(parts)?.into_iter().filter(|token| !token.is_empty());
        found.extend(tokens.map(|token| (token, source)));
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(Reason::NoToken),
        (Some((token, source)), None) => one(token, source.place().into()),
        (Some(_), Some(_)) => Err(Reason::MultipleTokens),
    }
}

/// Takes the token out of `authorizationToken`, which one kind of gateway sends
/// with its scheme and the other without.
///
/// # Errors
///
/// As [`find`].
pub fn from_authorization_token(value: &str) -> Result<Found<'_>, Reason> {
    match credential(value, true)? {
        Some(token) if !token.is_empty() => one(token, "authorizationToken".into()),
        _ => Err(Reason::NoToken),
    }
}

/// A comma is how gateways join repeated headers, and no part of a token.
fn one<'a>(unverified_token: &'a str, place: Cow<'static, str>) -> Result<Found<'a>, Reason> {
    if unverified_token.contains(',') {
        Err(Reason::MultipleTokens)
    } else {
        Ok(Found { unverified_token, place })
    }
}

/// Returns what follows `Bearer` (RFC 6750 section 2.1, the scheme without
/// regard to case); `bare` accepts a token without scheme. `None` where another
/// scheme is used.
fn credential(value: &str, bare: bool) -> Result<Option<&str>, Reason> {
    // Refused for its length whatever it is, and so not looked through.
    if value.len() > LONGEST_BYTES {
        return Err(Reason::TooLarge);
    }
    let value = value.trim_matches([' ', '\t']);
    match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            let token = rest.trim_start_matches(' ');
            if token.contains(' ') && !token.contains(',') { Err(Reason::Malformed) } else { Ok(Some(token)) }
        }
        None if value.eq_ignore_ascii_case("bearer") => Ok(None),
        None if bare => Ok(Some(value)),
        _ => Ok(None),
    }
}

/// All values under matching names. An event may carry them once with one value
/// each and once with all; the first map then repeats the second. A value may
/// be a list in either.
fn values<'e>(
    single: Option<&'e Map<String, Value>>,
    multiple: Option<&'e Map<String, Value>>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<&'e str> {
    let matching = |map: Option<&'e Map<String, Value>>| {
        let found = map.into_iter().flatten().filter(|(key, _)| wanted(key)).map(|(_, value)| value);
        found.flat_map(texts).collect::<Vec<&'e str>>()
    };
    let mut found = matching(multiple);
    for value in matching(single) {
        if !found.contains(&value) || multiple.is_none() {
            found.push(value);
        }
    }
    found
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(sources: &str, event: &Value, expected: Result<&str, Reason>) {
        let parts = RequestParts {
            headers: event["headers"].as_object(),
            multi_value_headers: event["multiValueHeaders"].as_object(),
            cookies: event["cookies"].as_array(),
            query: event["query"].as_object(),
            multi_value_query: event["multiValueQuery"].as_object(),
        };
        let found = find(&TokenSource::parse_list(sources).unwrap(), &parts);
        assert_eq!(found.map(|found| found.unverified_token), expected, "{event}");
    }

    const HEADER: &str = "header:Authorization";

    #[test]
    fn the_header_is_found_in_any_case_and_in_either_map() {
        for event in [
            json!({"headers": {"Authorization": "Bearer t"}}),
            json!({"headers": {"authorization": "bearer t"}}),
            json!({"headers": {"AUTHORIZATION": "BEARER   t "}}),
            json!({"headers": null, "multiValueHeaders": {"authorization": ["Bearer t"]}}),
            json!({"headers": {"authorization": "Bearer t"}, "multiValueHeaders": {"authorization": ["Bearer t"]}}),
        ] {
            check(HEADER, &event, Ok("t"));
        }
    }

    #[test]
    fn nothing_that_is_a_bearer_token_is_no_token() {
        for event in [
            json!({}),
            json!({"headers": null}),
            json!({"headers": {"Authorization": null}}),
            json!({"headers": {"Authorization": ""}}),
            json!({"headers": {"Authorization": "Bearer"}}),
            json!({"headers": {"Authorization": "Bearer  "}}),
            json!({"headers": {"Authorization": "Basic dTpw"}}),
            json!({"headers": {"Authorization": "t"}}),
            json!({"headers": {"X-Other": "Bearer t"}}),
        ] {
            check(HEADER, &event, Err(Reason::NoToken));
        }
    }

    #[test]
    fn what_is_too_long_is_not_looked_through() {
        for value in ["Bearer ".to_owned() + &"a,".repeat(100_000), "x ".repeat(100_000)] {
            let event = json!({"headers": {"Authorization": value}});
            check(HEADER, &event, Err(Reason::TooLarge));
            assert_eq!(from_authorization_token(&value), Err(Reason::TooLarge));
        }
        let longest = "a".repeat(65_536);
        let bearer = format!("Bearer {longest}");
        assert_eq!(from_authorization_token(&bearer).map(|found| found.unverified_token), Ok(&*longest));
    }

    #[test]
    fn more_than_one_token_is_refused_wherever_they_are() {
        for event in [
            json!({"headers": {"Authorization": "Bearer a", "authorization": "Bearer b"}}),
            json!({"headers": {"Authorization": "Bearer a", "authorization": "Bearer a"}}),
            json!({"headers": {"Authorization": "Bearer b"}, "multiValueHeaders": {"Authorization": ["Bearer a", "Bearer b"]}}),
            json!({"headers": {"Authorization": "Bearer a"}, "multiValueHeaders": {"Authorization": ["Bearer a", "Bearer a"]}}),
            json!({"headers": {"Authorization": "Bearer a"}, "multiValueHeaders": {"Authorization": ["Bearer b"]}}),
            json!({"headers": {"authorization": "Bearer a,Bearer b"}}),
            json!({"headers": {"authorization": "Bearer a, Bearer b"}}),
        ] {
            check(HEADER, &event, Err(Reason::MultipleTokens));
        }
        let both = json!({"headers": {"Authorization": "Bearer a"}, "query": {"access_token": "b"}});
        check("header:Authorization,query:access_token", &both, Err(Reason::MultipleTokens));
        check(HEADER, &both, Ok("a"));
    }

    #[test]
    fn a_token_with_spaces_in_it_is_malformed() {
        check(HEADER, &json!({"headers": {"Authorization": "Bearer a b"}}), Err(Reason::Malformed));
    }

    #[test]
    fn other_places_are_read_where_they_are_named() {
        check("header:X-Token", &json!({"headers": {"x-token": "t"}}), Ok("t"));
        check("cookie:session", &json!({"cookies": ["a=1", "session=t"]}), Ok("t"));
        check("cookie:session", &json!({"headers": {"Cookie": "a=1; session=t; b=2"}}), Ok("t"));
        check("query:access_token", &json!({"query": {"access_token": "t"}}), Ok("t"));
        check(
            "query:access_token",
            &json!({"multiValueQuery": {"access_token": ["a", "b"]}}),
            Err(Reason::MultipleTokens),
        );
        check("query:access_token", &json!({"headers": {"Authorization": "Bearer t"}}), Err(Reason::NoToken));
    }

    #[test]
    fn a_browser_sends_its_token_as_the_entry_after_a_name() {
        let event = |line: &str| json!({"headers": {"Sec-WebSocket-Protocol": line}});
        check("subprotocol:bearer", &event("chat, bearer, a.b.c"), Ok("a.b.c"));
        check("subprotocol:bearer", &event("bearer,a.b.c,chat"), Ok("a.b.c"));
        check("subprotocol:bearer", &event("chat"), Err(Reason::NoToken));
        check("subprotocol:bearer", &event("bearer"), Err(Reason::NoToken));
        check("subprotocol:bearer", &event("bearer, a, bearer, b"), Err(Reason::MultipleTokens));
    }

    #[test]
    fn an_authorization_token_comes_with_its_scheme_or_without() {
        let bare = |value| from_authorization_token(value).map(|found| found.unverified_token);
        assert_eq!(bare("Bearer t"), Ok("t"));
        assert_eq!(bare("bearer  t"), Ok("t"));
        assert_eq!(bare("t"), Ok("t"));
        assert_eq!(bare(""), Err(Reason::NoToken));
        assert_eq!(bare("Bearer "), Err(Reason::NoToken));
        assert_eq!(bare("Basic dTpw"), Err(Reason::NoToken));
        assert_eq!(bare("Bearer a,Bearer b"), Err(Reason::MultipleTokens));
    }
}
