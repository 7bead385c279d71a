//! Paths that one server reads in another way than the next.

/// Whether `path` may mean another route to a backend than it says: encoded or
/// dotted segments, empty ones, parameters. With rules it is never let
/// through; clients have no need for such paths.
pub fn is_ambiguous(path: &str) -> bool {
    let encoded = ["%2f", "%2e", "%5c", "%25", "%00"].iter().any(|escape| contains_ignore_case(path, escape));
    let dotted = path.split('/').any(|segment| matches!(segment, "." | ".."));
    encoded || dotted || path.contains("//") || path.contains(['\\', ';'])
}

fn contains_ignore_case(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
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
        ] {
            assert!(is_ambiguous(path), "{path}");
        }
        for path in ["/", "/api/chat", "/api/a..b", "/api/%C3%A9", "/api/.well-known/x"] {
            assert!(!is_ambiguous(path), "{path}");
        }
    }
}
