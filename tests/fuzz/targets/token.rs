//! Any text, any signed header and any signed payload, against the verifier.

#![no_main]

use std::{collections::HashMap, sync::LazyLock};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use fuzz::{NOW_SECS, SECRET, is_signed, sign};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, value::RawValue};
use token::{
    Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyRing, Policy, Principal, Timestamp,
    UnverifiedToken, Verifier,
};

const MAX_BYTES: usize = 8192;
const LEEWAY_SECS: u64 = 30;
const HEADER: &[u8] = br#"{"alg":"HS256","kid":"k1"}"#;
const PAYLOAD: &[u8] =
    br#"{"iss":"iss","aud":"aud","sub":"sub","type":"access","role":"USER","exp":1750000600}"#;

static RING: LazyLock<KeyRing> = LazyLock::new(|| {
    let key = Key::new(Some("k1".into()), AlgorithmSet::only(Algorithm::HS256), SECRET.as_bytes());
    KeyRing::new(vec![key.expect("a key")]).expect("a ring")
});

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier {
    algorithms: AlgorithmSet::only(Algorithm::HS256),
    policy: Policy {
        issuer: IssuerRule::Exactly("iss".into()),
        audience: Audience::OneOf(vec!["aud".into()]),
        leeway_secs: LEEWAY_SECS,
        max_lifetime_secs: Some(3600),
        default_role: None,
        accept_untyped: false,
    },
    max_token_bytes: MAX_BYTES,
});

/// What an accepted token must say, read by a parser that is not ours.
fn assert_acceptable(token: &str, principal: &Principal) {
    assert!(is_signed(token) && token.len() <= MAX_BYTES);
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url"));
    // Members that nobody reads may hold what only a JSON text can: 1e999.
    let mut object = || -> HashMap<String, Box<RawValue>> {
        serde_json::from_slice(&parts.next().expect("a part")).expect("an object")
    };
    let (header, claims) = (object(), object());
    let read = |members: &HashMap<String, Box<RawValue>>, name: &str| -> Option<Value> {
        members.get(name).map(|raw| serde_json::from_str(raw.get()).expect("a value"))
    };
    assert_eq!(read(&header, "alg"), Some("HS256".into()));
    assert!(!header.contains_key("crit"));
    let claim = |name| read(&claims, name);
    assert_eq!((claim("iss"), claim("type")), (Some("iss".into()), Some("access".into())));
    let aud = claim("aud").expect("an audience");
    assert!(aud == "aud" || aud.as_array().is_some_and(|aud| aud.contains(&"aud".into())));
    assert_eq!(claim("sub"), Some(principal.id().into()));
    assert!(!principal.id().is_empty() && !principal.id().starts_with("consumer:"));
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact in f64")]
    let (now, leeway) = (NOW_SECS as f64, LEEWAY_SECS as f64);
    let seconds = |name| claim(name).map(|value| value.as_f64().expect("a number"));
    assert!(seconds("exp").expect("an end") + leeway > now);
    assert!(seconds("nbf").is_none_or(|nbf| nbf <= now + leeway));
    assert!(seconds("iat").is_none_or(|iat| iat <= now + leeway));
    let role = claim("role").expect("a role");
    assert!(principal.role().name().eq_ignore_ascii_case(role.as_str().expect("text")));

    let context = principal.to_context().map(|(name, value)| (name.to_owned(), value.into()));
    let context: Map<String, Value> = context.collect();
    let again = Principal::from_context(&context).expect("what is written is read");
    assert!(again.to_context().eq(principal.to_context()));
}

fn check(token: &str) {
    let _parsed = UnverifiedToken::parse(token, MAX_BYTES);
    if let Ok(principal) = VERIFIER.verify(token, &RING, Timestamp::from_unix_secs(NOW_SECS)) {
        assert_acceptable(token, &principal);
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else { return };
    match mode % 3 {
        0 => {
            if let Ok(text) = std::str::from_utf8(rest) {
                check(text);
            }
        }
        1 => check(&sign(HEADER, rest)),
        _ => check(&sign(rest, PAYLOAD)),
    }
});
