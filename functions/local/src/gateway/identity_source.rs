//! The values that identify a caller: what the authorizer's answer is cached by.
//!
//! A request without them is refused before the authorizer is called.

use super::{kind::Kind, request::Request};

/// The identity source of every kind here is this header.
const HEADER: &str = "Authorization";

/// Returns the identity source values, `None` where one is missing or empty.
pub(super) fn values(kind: Kind, request: &Request) -> Option<Vec<String>> {
    let mut sent = request.header_values(HEADER).peekable();
    sent.peek()?;
    let value = if kind.is_rest() {
        // A REST API's single-value view of a repeated header is the last one.
        sent.last().unwrap_or_default().to_owned()
    } else {
        sent.collect::<Vec<_>>().join(",")
    };
    (!value.trim().is_empty()).then(|| vec![value])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, sent: &[(&str, &str)], expected: Option<&str>) {
        let mut request = Request::example("POST", "/api/chat");
        request.headers = sent.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let expected = expected.map(|value| vec![value.to_owned()]);
        assert_eq!(values(kind, &request), expected);
    }

    #[test]
    fn the_header_is_found_in_any_case() {
        for kind in Kind::ALL {
            check(kind, &[("aUTHORIZATION", "Bearer a")], Some("Bearer a"));
            check(kind, &[("Authorization", " ")], None);
            check(kind, &[("X-Authorization", "Bearer a")], None);
        }
    }

    #[test]
    fn duplicates_differ_by_kind() {
        let twice = [("Authorization", "a"), ("authorization", "b")];
        check(Kind::RestToken, &twice, Some("b"));
        check(Kind::HttpSimple, &twice, Some("a,b"));
    }
}
