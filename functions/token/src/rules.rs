//! Access rules: which role may call which route.
//!
//! A rule means what it means in IAM, because API Gateway evaluates the policy
//! that is rendered from the rules: `*` matches any run of characters, `/`
//! included, and a route that asks for a higher role is denied even where
//! another rule allows it.

use serde::Deserialize;

use crate::Role;

/// The longest path pattern in bytes. A resource in a returned policy may have
/// 512 characters, and the ARN before the path needs its share.
const MAX_PATTERN_BYTES: usize = 256;

/// The HTTP methods there are in API Gateway.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// One rule: these methods on these paths ask for that role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Upper case, or `*` for all there are.
    methods: Vec<String>,
    pub path: String,
    pub role: Role,
}

/// All rules; without any, every accepted token may call every route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessRules {
    rules: Vec<Rule>,
}

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("is not a JSON array of rules {{\"methods\":[…],\"path\":\"…\",\"role\":\"…\"}}: {0}")]
    Json(String),
    #[error("is an empty array; leave it unset to allow every route")]
    Empty,
    #[error("rule {0}: methods are upper-case HTTP methods or \"*\", at least one")]
    Method(usize),
    #[error(
        "rule {0}: a path begins with / and has at most {MAX_PATTERN_BYTES} characters of a URL path, with * as the only wildcard"
    )]
    Path(usize),
}

impl AccessRules {
    /// # Errors
    ///
    /// Names the first rule that cannot be used, counting from 1.
    pub fn parse(json: &str) -> Result<Self, RulesError> {
        let rules: Vec<Rule> =
            serde_json::from_str(json).map_err(|error| RulesError::Json(error.to_string()))?;
        if rules.is_empty() {
            return Err(RulesError::Empty);
        }
        for (number, rule) in (1..).zip(&rules) {
            let method = |method: &String| method == "*" || METHODS.contains(&method.as_str());
            if rule.methods.is_empty() || !rule.methods.iter().all(method) {
                return Err(RulesError::Method(number));
            }
            if !is_path_pattern(&rule.path) {
                return Err(RulesError::Path(number));
            }
        }
        Ok(Self { rules })
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Whether `role` may call that route.
    pub fn allow(&self, role: Role, method: &str, path: &str) -> bool {
        if self.rules.is_empty() {
            return true;
        }
        let mut matching = self.rules.iter().filter(|rule| rule.matches(method, path)).peekable();
        matching.peek().is_some() && matching.all(|rule| rule.role <= role)
    }
}

impl Rule {
    /// The methods by name, `*` written out.
    ///
    /// In the resource of a policy a `*` would match slashes too, so that
    /// `*/public` covered `GET/private/public`.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        let named = self.methods.iter().map(String::as_str).filter(|method| *method != "*");
        let every = self.methods.iter().any(|method| method == "*");
        let (every, named) = if every { (&METHODS[..], None) } else { (&[][..], Some(named)) };
        every.iter().copied().chain(named.into_iter().flatten())
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.methods().any(|candidate| candidate == method) && matches(&self.path, path)
    }
}

/// `?` would be a wildcard in IAM, and `$` would begin a policy variable.
fn is_path_pattern(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= MAX_PATTERN_BYTES
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/*-._~!&'()+,;=:@%".contains(&byte))
}

/// Matches as IAM does, in time proportional to the product of both lengths at
/// the worst: on a mismatch only the last `*` can still take more.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn a_star_matches_any_run_of_characters() {
        for (pattern, text, expected) in [
            ("/api/*", "/api/chat", true),
            ("/api/*", "/api/chat/1/messages", true),
            ("/api/*", "/api/", true),
            ("/api/*", "/api", false),
            ("/api", "/api", true),
            ("/api", "/api/", false),
            ("/*", "/", true),
            ("/a*b*c", "/aXbXbXc", true),
            ("/a*b*c", "/aXbXbX", false),
            ("/a*a", "/a", false),
            ("/api/*/end", "/api//end", true),
            ("/api/*/end", "/api/end", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_higher_role_asked_for_anywhere_wins() {
        let rules = AccessRules::parse(
            r#"[{"methods":["GET","POST"],"path":"/api/*","role":"USER"},{"methods":["*"],"path":"/api/admin/*","role":"ADMIN"}]"#,
        )
        .unwrap();
        assert!(rules.allow(Role::User, "POST", "/api/chat"));
        assert!(rules.allow(Role::Admin, "POST", "/api/chat"), "a lower rule serves a higher role");
        assert!(!rules.allow(Role::User, "DELETE", "/api/chat"), "no rule names the method");
        assert!(!rules.allow(Role::User, "GET", "/api/admin/users"));
        assert!(!rules.allow(Role::Supervisor, "GET", "/api/admin/users"));
        assert!(rules.allow(Role::Admin, "DELETE", "/api/admin/users"));
        assert!(!rules.allow(Role::Admin, "GET", "/other"), "what no rule matches is forbidden");
        assert!(AccessRules::default().allow(Role::User, "GET", "/other"), "without rules");
    }

    fn check(json: &str, expected: &Expect) {
        expected.assert_eq(&AccessRules::parse(json).unwrap_err().to_string());
    }

    #[test]
    fn a_rule_that_could_mean_two_things_is_refused() {
        check("[]", &expect!["is an empty array; leave it unset to allow every route"]);
        check(
            r#"[{"methods":[],"path":"/","role":"USER"}]"#,
            &expect![[r#"rule 1: methods are upper-case HTTP methods or "*", at least one"#]],
        );
        check(
            r#"[{"methods":["get"],"path":"/","role":"USER"}]"#,
            &expect![[r#"rule 1: methods are upper-case HTTP methods or "*", at least one"#]],
        );
        let path = &expect![
            "rule 1: a path begins with / and has at most 256 characters of a URL path, with * as the only wildcard"
        ];
        for bad in ["api", "", "/a?b", "/${aws:username}", "/a b", "/a\\u0000"] {
            check(&format!(r#"[{{"methods":["*"],"path":"{bad}","role":"USER"}}]"#), path);
        }
        check(
            r#"[{"methods":["*"],"path":"/","role":"ROOT"}]"#,
            &expect![[
                r#"is not a JSON array of rules {"methods":[…],"path":"…","role":"…"}: a role is ADMIN, SUPERVISOR or USER at line 1 column 43"#
            ]],
        );
        check(
            r#"[{"method":["*"],"path":"/","role":"USER"}]"#,
            &expect![[
                r#"is not a JSON array of rules {"methods":[…],"path":"…","role":"…"}: unknown field `method`, expected one of `methods`, `path`, `role` at line 1 column 10"#
            ]],
        );
    }
}
