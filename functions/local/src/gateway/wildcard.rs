//! IAM's wildcards: `*` is any run of characters, `/` included, `?` any one.

/// Says whether the whole of `text` matches `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where to go on when the last `*` has to swallow one character more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at_pattern), text.get(at_text)) {
            (Some('*'), _) => {
                retry = Some((at_pattern + 1, at_text));
                at_pattern += 1;
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if *wanted == '?' || wanted == found => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => match retry {
                Some((after_star, from)) if from < text.len() => {
                    retry = Some((after_star, from + 1));
                    at_pattern = after_star;
                    at_text = from + 1;
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
    }

    #[test]
    fn wildcards_match_like_iam() {
        check("*", "", true);
        check("arn:*/local/*", "arn:aws:x/local/POST/api/chat", true);
        check("arn:*/local/GET/*", "arn:aws:x/local/POST/api/chat", false);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("*b*c", "abbbcxc", true);
        check("*b*c", "abbbcx", false);
        check("POST/api", "POST/api/chat", false);
        check("", "", true);
        check("", "a", false);
        check("a**", "a", true);
    }
}
