//! Any value of a secret, in every encoding.

#![no_main]

use libfuzzer_sys::fuzz_target;
use token::{AlgorithmSet, Key, KeyRing, SecretEncoding, SecretForm, SecretValue};

/// All that may be said of a value that holds no key, digits as `#`. The input
/// is in none of it.
const FAULTS: [&str; 6] = [
    "the secret is empty",
    "the secret is not valid base#",
    "the secret is not valid base#url",
    "the secret is not valid hex",
    "the secret is a JSON object without \"keys\" and without a string \"JWT_SECRET\"",
    SHORT,
];
const RING_FAULTS: [&str; 4] = [
    "the key ring is not a JSON object {\"keys\":[…]} of keys with kty, kid and k",
    "the key ring holds no key",
    "the key ring holds # keys, at most # are allowed",
    "two keys of the ring have the same kid",
];
const KEY_FAULTS: [&str; 6] = [
    "its kty is not oct",
    "its use is not sig",
    "its alg is not HS#, HS# or HS#",
    "its k is not base#url without padding",
    "a key id is # to # printable ASCII characters",
    SHORT,
];
const SHORT: &str = "the secret has # bytes, HS# needs at least #";

fn is_known(fault: &str) -> bool {
    let mut told = String::new();
    for letter in fault.chars() {
        if !letter.is_ascii_digit() {
            told.push(letter);
        } else if !told.ends_with('#') {
            told.push('#');
        }
    }
    FAULTS.contains(&told.as_str())
        || RING_FAULTS.contains(&told.as_str())
        || told.strip_prefix("key # of the ring: ").is_some_and(|told| KEY_FAULTS.contains(&told))
}

fn check(text: &str, form: &SecretForm) {
    match SecretValue::parse(text, Some("v1"), form) {
        Ok(SecretValue::Plain(key)) => {
            assert_eq!(key.id(), Some("v1"));
            assert!(key.signs_at(token::Timestamp::from_unix_secs(0)), "at once and for ever");
            // A bare string is its own bytes, but for a newline that nobody means.
            let bare = text.strip_suffix('\n').unwrap_or(text);
            let bare = bare.strip_suffix('\r').unwrap_or(bare);
            if form.encoding == SecretEncoding::Utf8 && !bare.starts_with('{') {
                let same = Key::new(None, form.algorithms, bare.as_bytes()).expect("long enough");
                // Leading blanks may still hide an object, which then is no bare string.
                assert!(key.has_secret_of(&same) || bare.trim_start().starts_with('{'));
            }
            let debug =
                r#"Key { id: Some("v1"), sign_from: None, verify_until: None, secret: "redacted", .. }"#;
            assert_eq!(format!("{key:?}"), debug);
        }
        Ok(SecretValue::Ring(ring)) => {
            assert!((1..=token::MAX_KEYS).contains(&ring.keys().len()));
            let written = ring.to_json();
            let again = KeyRing::from_json(&written).expect("what is written is read");
            assert_eq!(again.to_json(), written);
        }
        Err(error) => assert!(is_known(&error.to_string()), "{error}"),
    }
}

fuzz_target!(|text: &str| {
    for algorithms in ["HS256", "HS256,HS384,HS512"] {
        let algorithms = AlgorithmSet::parse(algorithms).expect("names");
        for (_, encoding) in SecretEncoding::NAMES {
            check(text, &SecretForm { field: "JWT_SECRET".into(), encoding, algorithms });
        }
    }
});
