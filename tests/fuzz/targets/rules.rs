//! Access rules against the plainest way to say what they mean.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use token::{AccessRules, Role, Rule};

const METHODS: [&str; 4] = ["GET", "POST", "*", "OPTIONS"];

/// `*` matches any run of characters: tried one by one, without any cleverness.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((b'*', pattern)), _) => (0..=path.len()).any(|skip| matches(pattern, &path[skip..])),
        (Some((letter, pattern)), Some((same, path))) => letter == same && matches(pattern, path),
        (Some(_), None) => false,
    }
}

fn may_call(rules: &AccessRules, role: Role, method: &str, path: &str) -> bool {
    let applies = |rule: &&Rule| {
        rule.methods().any(|candidate| candidate == method) && matches(rule.path.as_bytes(), path.as_bytes())
    };
    let matching: Vec<_> = rules.iter().filter(applies).collect();
    !matching.is_empty() && matching.iter().all(|rule| rule.role <= role)
}

fn check(rules: &AccessRules, method: &str, path: &str) {
    for role in Role::ALL {
        let expected = may_call(rules, role, method, path);
        assert_eq!(rules.allow(role, method, path), expected, "{role:?} {method} {path} {rules:?}");
    }
}

/// Letters from an alphabet so small that runs of them meet.
fn word(bytes: &[u8], alphabet: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else { return };
    if mode % 2 == 0 {
        // Any text for the rules: what is accepted must be usable.
        let Ok(text) = std::str::from_utf8(rest) else { return };
        if let Ok(rules) = AccessRules::parse(text) {
            assert!(!rules.is_empty() && rules.iter().all(|rule| rule.path.starts_with('/')));
            // The plain way takes exponential time for many stars.
            if rules.iter().all(|rule| rule.path.matches('*').count() <= 6) {
                check(&rules, "GET", "/api/admin/users");
            }
        }
        return;
    }
    // Any number of rules with short patterns, and one short path.
    let mut fields = rest.split(|byte| *byte == 0xff).map(|field| &field[..field.len().min(14)]);
    let path = format!("/{}", word(fields.next().unwrap_or_default(), b"/ab"));
    let method = METHODS[usize::from(*mode / 2) % METHODS.len()];
    let rules: Vec<_> = fields
        .take(6)
        .filter_map(|field| field.split_first())
        .map(|(first, pattern)| {
            let first = usize::from(*first);
            let pattern = format!("/{}", word(pattern, b"/ab*"));
            json!({"methods": [METHODS[first % 4]], "path": pattern, "role": Role::ALL[first / 4 % 3].name()})
        })
        .collect();
    if let Ok(rules) = AccessRules::parse(&json!(rules).to_string()) {
        check(&rules, method, &path);
    }
});
