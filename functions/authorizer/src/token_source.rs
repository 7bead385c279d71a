//! Where in a request a token may be, and taking it out.
//!
//! Exactly one token over all places: where a gateway, its cache and a backend
//! could each pick a different one, nobody knows who was let in.

use serde_json::{Map, Value};
use token::Reason;

/// One place of a token, from the setting `TOKEN_SOURCES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenSource {
    Header(String),
    Cookie(String),
    Query(String),
}

/// The parts of a request that can carry a token, as the event has them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RequestParts<'e> {
    pub(crate) headers: Option<&'e Map<String, Value>>,
    pub(crate) multi_value_headers: Option<&'e Map<String, Value>>,
    pub(crate) cookies: Option<&'e Vec<Value>>,
    pub(crate) query: Option<&'e Map<String, Value>>,
    pub(crate) multi_value_query: Option<&'e Map<String, Value>>,
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
            _ => None,
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
pub(crate) fn find<'e>(sources: &[TokenSource], parts: &RequestParts<'e>) -> Result<&'e str, Reason> {
    let mut found = Vec::new();
    for source in sources {
        found.extend(source.collect(parts)?);
    }
    let mut tokens = found.into_iter().filter(|token| !token.is_empty());
    match (tokens.next(), tokens.next()) {
        (None, _) => Err(Reason::NoToken),
        (Some(token), None) => one(token),
        (Some(_), Some(_)) => Err(Reason::MultipleTokens),
    }
}

/// Takes the token out of `authorizationToken`, which one kind of gateway sends
/// with its scheme and the other without.
pub(crate) fn from_authorization_token(value: &str) -> Result<&str, Reason> {
    match credential(value, true)? {
        Some(token) if !token.is_empty() => one(token),
        _ => Err(Reason::NoToken),
    }
}

/// A comma is how gateways join repeated headers, and no part of a token.
fn one(token: &str) -> Result<&str, Reason> {
    if token.contains(',') { Err(Reason::MultipleTokens) } else { Ok(token) }
}

/// Returns what follows `Bearer` (RFC 6750 section 2.1, the scheme without
/// regard to case); `bare` accepts a token without scheme. `None` where another
/// scheme is used.
fn credential(value: &str, bare: bool) -> Result<Option<&str>, Reason> {
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
/// each and once with all; the first map then repeats the second.
fn values<'e>(
    single: Option<&'e Map<String, Value>>,
    multiple: Option<&'e Map<String, Value>>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<&'e str> {
    let matching = |map: Option<&'e Map<String, Value>>| {
        map.into_iter().flatten().filter(|(key, _)| wanted(key)).map(|(_, value)| value).collect::<Vec<_>>()
    };
    let all = matching(multiple).into_iter().filter_map(Value::as_array).flatten();
    let mut found: Vec<&str> = all.filter_map(Value::as_str).collect();
    for value in matching(single).into_iter().filter_map(Value::as_str) {
        if !found.contains(&value) || multiple.is_none() {
            found.push(value);
        }
    }
    found
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
        assert_eq!(find(&TokenSource::parse_list(sources).unwrap(), &parts), expected, "{event}");
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
    fn an_authorization_token_comes_with_its_scheme_or_without() {
        assert_eq!(from_authorization_token("Bearer t"), Ok("t"));
        assert_eq!(from_authorization_token("bearer  t"), Ok("t"));
        assert_eq!(from_authorization_token("t"), Ok("t"));
        assert_eq!(from_authorization_token(""), Err(Reason::NoToken));
        assert_eq!(from_authorization_token("Bearer "), Err(Reason::NoToken));
        assert_eq!(from_authorization_token("Basic dTpw"), Err(Reason::NoToken));
        assert_eq!(from_authorization_token("Bearer a,Bearer b"), Err(Reason::MultipleTokens));
    }
}
