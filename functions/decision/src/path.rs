//! Paths that one server reads in another way than the next.

/// What no URL can hold but as an escape, and no rule can name: a space and its like.
const MUST_BE_ESCAPED: &[u8] = b" \"<>[]^`{|}";

/// Whether `path` may mean another route to a backend than it says: encoded or
/// dotted segments, empty ones, parameters. With rules it is never let
/// through; clients have no need for such paths.
pub fn is_ambiguous(path: &str) -> bool {
    let dotted = path.split('/').any(|segment| matches!(segment, "." | ".."));
    dotted || path.contains("//") || path.contains(['\\', ';']) || has_needless_escape(path)
}

/// Whether something is escaped that a rule can name: to most servers `%61` is an
/// `a` (RFC 3986 section 6.2.2.2), and to the rules it is not. What is no escape
/// at all is read in as many ways.
fn has_needless_escape(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let byte = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_none_or(|byte| byte.is_ascii() && !MUST_BE_ESCAPED.contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_two_meanings_is_told() {
        for path in [
            "/api/../admin",
            "/api/./x",
            "/api//x",
            "/api/%2e%2e/x",
            "/api%2Fx",
            "/api/%5cx",
            "/a\\b",
            "/a;b/x",
            "/%252e",
            "/api/%61dmin",
            "/api/admi%6E",
            "/api/a%2Ab",
            "/api/admin%0a",
            "/api/%u0061dmin",
            "/api/%6",
            "/api/%",
            "/api/%\u{e9}x",
        ] {
            assert!(is_ambiguous(path), "{path}");
        }
        for path in [
            "/",
            "/api/chat",
            "/api/a..b",
            "/api/%C3%A9",
            "/api/a%20b",
            "/api/%7Bid%7D",
            "/api/.well-known/x",
        ] {
            assert!(!is_ambiguous(path), "{path}");
        }
    }
}
