//! The verifier against hostile and odd tokens, one test for each rule.
//!
//! The rules are those of RFC 8725 (B), RFC 6750 (R), RFC 9068 (T), RFC 7515,
//! 7518 and 7519, and OWASP's ASVS 5.0 (A). Tokens are signed here by hand, so
//! that they can say what no library would write.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    reason = "a test is meant to panic, and compares results with results"
)]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};
use token::{
    AccessClaims, Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyRing, Minter, Policy, Principal,
    Reason, Rejection, Role, Timestamp, Verifier,
};

const SECRET: &[u8] = b"a shared secret of more than sixty-four bytes, enough for HS512 as well";
const OTHER: &[u8] = b"another secret of more than sixty-four bytes, which this verifier lacks";
const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
const HS256: &str = r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#;

fn verifier() -> Verifier {
    Verifier {
        algorithms: AlgorithmSet::only(Algorithm::HS256),
        policy: Policy {
            issuer: IssuerRule::Exactly("https://auth.example.com".into()),
            audience: Audience::OneOf(vec!["chatbot".into(), "reports".into()]),
            leeway_secs: 30,
            max_lifetime_secs: Some(3600),
            default_role: None,
            accept_untyped: false,
        },
        max_token_bytes: 8192,
    }
}

fn key(id: &str, secret: &[u8], algorithms: &str) -> Key {
    Key::new(Some(id.into()), AlgorithmSet::parse(algorithms).unwrap(), secret).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(vec![key("k1", SECRET, "HS256")]).unwrap()
}

/// The claims of a good token that was issued at NOON for half an hour.
fn claims() -> Value {
    json!({"iss": "https://auth.example.com", "aud": "chatbot", "sub": "123456", "username": "johndoe",
           "name": "John Doe", "email": "john@example.com", "type": "access", "role": "USER", "sid": "s1",
           "jti": "j1", "iat": NOON.as_unix_secs(), "exp": NOON.plus(1800).as_unix_secs()})
}

fn with(name: &str, value: Value) -> Value {
    let mut changed = claims();
    changed[name] = value;
    changed
}

fn without(name: &str) -> Value {
    let mut changed = claims();
    changed.as_object_mut().unwrap().remove(name);
    changed
}

fn sign_text(header: &str, payload: &str, secret: &[u8]) -> String {
    let input =
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(payload));
    format!("{input}.{}", mac(&input, header, secret))
}

fn mac(input: &str, header: &str, secret: &[u8]) -> String {
    macro_rules! tag {
        ($hash:ty) => {
            BASE64_URL_SAFE_NO_PAD.encode(
                Hmac::<$hash>::new_from_slice(secret).unwrap().chain_update(input).finalize().into_bytes(),
            )
        };
    }
    match header {
        header if header.contains("HS384") => tag!(Sha384),
        header if header.contains("HS512") => tag!(Sha512),
        _ => tag!(Sha256),
    }
}

fn sign(claims: &Value) -> String {
    sign_text(HS256, &claims.to_string(), SECRET)
}

/// The caller's id, or the reason.
fn told(outcome: Result<Principal, Rejection>) -> Result<String, Reason> {
    outcome.map(|principal| principal.id().to_owned()).map_err(|rejection| rejection.reason)
}

fn verify(token: &str) -> Result<String, Reason> {
    told(verifier().verify(token, &ring(), NOON))
}

fn verify_claims(claims: &Value) -> Result<String, Reason> {
    verify(&sign(claims))
}

fn good() -> Result<String, Reason> {
    Ok("123456".into())
}

#[test]
fn a_good_token_speaks_for_its_subject() {
    let principal = verifier().verify(&sign(&claims()), &ring(), NOON).unwrap();
    let context: Vec<String> =
        principal.to_context().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        context.join(" "),
        "sub=123456 username=johndoe name=John Doe email=john@example.com role=USER jti=j1 sid=s1 \
         iss=https://auth.example.com exp=1750001800 kid=k1 caller=user"
    );
}

#[test]
fn a_header_that_was_seen_before_is_judged_as_if_it_was_not() {
    let payload = claims().to_string();
    let both = || KeyRing::new(vec![key("k1", SECRET, "HS256"), key("k2", OTHER, "HS256")]).unwrap();
    let signed = |header: &str, secret| sign_text(header, &payload, secret);
    let k2 = r#"{"alg":"HS256","typ":"JWT","kid":"k2"}"#;
    let bare = r#"{"alg":"HS256"}"#;
    let (input, _) =
        signed(HS256, SECRET).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let tokens = [
        signed(HS256, SECRET),
        signed(HS256, OTHER),
        signed(k2, OTHER),
        signed(k2, SECRET),
        signed(bare, SECRET),
        signed(bare, OTHER),
        signed(r#"{"alg":"HS256","typ":"JWT","kid":"k3"}"#, SECRET),
        signed(r#"{"alg":"HS512","typ":"JWT","kid":"k1"}"#, SECRET),
        signed(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#, SECRET),
        signed(r#"{"alg":"HS256","typ":"secevent+jwt","kid":"k1"}"#, SECRET),
        sign(&with("exp", json!(1))),
        format!("{input}.AA"),
        input.replacen('.', "A.", 1) + ".AA",
    ];
    for first in &tokens {
        for second in &tokens {
            let used = both();
            let alone = verifier().verify(first, &used, NOON);
            let after = verifier().verify(second, &used, NOON);
            assert_eq!(after, verifier().verify(second, &both(), NOON), "{second} after {first}");
            assert_eq!(verifier().verify(first, &used, NOON), alone, "{first} after {second}");
        }
    }
}

#[test]
fn v1_one_algorithm_for_each_key_compared_before_any_mac() {
    let payload = claims().to_string();
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"PS256"}"#,
    ] {
        assert_eq!(verify(&sign_text(header, &payload, SECRET)), Err(Reason::Algorithm), "{header}");
    }
    let unsigned = sign_text(r#"{"alg":"none"}"#, &payload, SECRET);
    let (input, _) = unsigned.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{input}.")), Err(Reason::Malformed), "no signature at all");

    let hs512 = sign_text(r#"{"alg":"HS512","kid":"k1"}"#, &payload, SECRET);
    assert_eq!(verify(&hs512), Err(Reason::Algorithm), "not allowed here");
    let mut both = verifier();
    both.algorithms = AlgorithmSet::parse("HS256,HS512").unwrap();
    assert_eq!(
        told(both.verify(&hs512, &ring(), NOON)),
        Err(Reason::Algorithm),
        "allowed, but not for this key"
    );
    let ring = KeyRing::new(vec![key("k1", SECRET, "HS512")]).unwrap();
    assert_eq!(told(both.verify(&hs512, &ring, NOON)), good());
    let without_kid = sign_text(r#"{"alg":"HS256"}"#, &payload, SECRET);
    assert_eq!(
        told(both.verify(&without_kid, &ring, NOON)),
        Err(Reason::Algorithm),
        "no key of that algorithm"
    );
}

#[test]
fn v1_every_hmac_verifies_with_a_key_of_its_own() {
    let all = AlgorithmSet::parse("HS256,HS384,HS512").unwrap();
    let verifier = Verifier { algorithms: all, ..verifier() };
    for name in ["HS256", "HS384", "HS512"] {
        let token = sign_text(&format!(r#"{{"alg":"{name}","kid":"k1"}}"#), &claims().to_string(), SECRET);
        let ring = KeyRing::new(vec![key("k1", SECRET, name)]).unwrap();
        assert_eq!(told(verifier.verify(&token, &ring, NOON)), good(), "{name}");
    }
}

#[test]
fn v2_no_claim_is_looked_at_before_the_signature_holds() {
    let hopeless = json!({"iss": 7, "exp": "never", "sub": ""});
    let forged = sign_text(HS256, &hopeless.to_string(), OTHER);
    assert_eq!(verify(&forged), Err(Reason::BadSignature));
    assert_eq!(verify(&sign_text(HS256, "not even json", OTHER)), Err(Reason::BadSignature));
    let expired = with("exp", json!(1));
    assert_eq!(verify(&sign_text(HS256, &expired.to_string(), OTHER)), Err(Reason::BadSignature));
}

#[test]
fn v3_keys_come_from_the_ring_and_critical_extensions_are_refused() {
    let k = BASE64_URL_SAFE_NO_PAD.encode(OTHER);
    let own_key =
        format!(r#"{{"alg":"HS256","jwk":{{"kty":"oct","k":"{k}"}},"jku":"https://evil.example/keys"}}"#);
    assert_eq!(verify(&sign_text(&own_key, &claims().to_string(), OTHER)), Err(Reason::BadSignature));
    assert_eq!(verify(&sign_text(&own_key, &claims().to_string(), SECRET)), good(), "ignored, not obeyed");
    let critical = r#"{"alg":"HS256","crit":["exp"]}"#;
    assert_eq!(verify(&sign_text(critical, &claims().to_string(), SECRET)), Err(Reason::Malformed));
}

#[test]
fn v3_a_header_parameter_nobody_knows_is_ignored_whatever_its_type() {
    for value in ["1", "null", "[1,2]", r#"{"a":{}}"#, "true"] {
        let header = format!(r#"{{"alg":"HS256","future":{value}}}"#);
        assert_eq!(verify(&sign_text(&header, &claims().to_string(), SECRET)), good(), "{value}");
    }
}

#[test]
fn v4_a_key_id_is_checked_before_it_is_looked_up() {
    for kid in
        [json!(7), json!(""), json!("a\u{0}b"), json!("x".repeat(257)), json!(["k1"]), json!({"k1": 1})]
    {
        let header = json!({"alg": "HS256", "kid": kid}).to_string();
        assert_eq!(
            verify(&sign_text(&header, &claims().to_string(), SECRET)),
            Err(Reason::Malformed),
            "{header}"
        );
    }
    let traversal = r#"{"alg":"HS256","kid":"../../dev/null"}"#;
    assert_eq!(verify(&sign_text(traversal, &claims().to_string(), b"")), Err(Reason::UnknownKey));
}

#[test]
fn v5_a_secret_shorter_than_its_hash_is_no_key() {
    for (algorithm, need) in [("HS256", 32), ("HS384", 48), ("HS512", 64)] {
        let set = AlgorithmSet::parse(algorithm).unwrap();
        assert!(Key::new(None, set, &vec![1; need]).is_ok());
        let refused = Key::new(None, set, &vec![1; need - 1]).unwrap_err().to_string();
        assert_eq!(refused, format!("the secret has {} bytes, {algorithm} needs at least {need}", need - 1));
    }
}

#[test]
fn v6_a_token_for_another_issuer_or_audience_with_the_same_secret_is_refused() {
    assert_eq!(verify_claims(&with("iss", json!("https://other.example.com"))), Err(Reason::Issuer));
    assert_eq!(verify_claims(&with("aud", json!("billing"))), Err(Reason::Audience));
}

#[test]
fn v7_a_signature_is_wrong_in_any_bit_and_at_any_length() {
    let token = sign(&claims());
    let (input, tag) = token.rsplit_once('.').unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(tag).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut wrong = bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(wrong));
        assert_eq!(verify(&token), Err(Reason::BadSignature), "bit {bit}");
    }
    for length in [1, 16, 31] {
        let token = format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes[..length]));
        assert_eq!(verify(&token), Err(Reason::BadSignature), "the first {length} bytes only");
    }
    let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
    assert_eq!(
        verify(&format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(longer))),
        Err(Reason::BadSignature)
    );
}

#[test]
fn v8_exp_is_required_and_must_be_a_finite_number() {
    assert_eq!(verify_claims(&without("exp")), Err(Reason::Malformed));
    for exp in ["null", "\"1750001800\"", "true", "[1750001800]", "{}", "1e999", "-1e999", "1e300"] {
        let payload = claims().to_string().replace("\"exp\":1750001800", &format!("\"exp\":{exp}"));
        assert!(payload.contains(exp));
        assert_eq!(verify(&sign_text(HS256, &payload, SECRET)), Err(Reason::Malformed), "{exp}");
    }
    assert_eq!(verify_claims(&with("exp", json!(1_750_001_800.5))), good());
    assert_eq!(verify_claims(&with("exp", json!(-1))), Err(Reason::Expired));
    assert_eq!(verify_claims(&with("exp", json!(0))), Err(Reason::Expired));
}

#[test]
fn v8_a_token_ends_at_exp_plus_leeway_exclusively() {
    let at = |secs| told(verifier().verify(&sign(&claims()), &ring(), NOON.plus(secs)));
    assert_eq!(at(1829), good());
    assert_eq!(at(1830), Err(Reason::Expired));
    let mut exact = verifier();
    exact.policy.leeway_secs = 0;
    let at = |secs| told(exact.verify(&sign(&claims()), &ring(), NOON.plus(secs)));
    assert_eq!(at(1799), good());
    assert_eq!(at(1800), Err(Reason::Expired), "exp itself is already too late");
}

#[test]
fn v8_nbf_and_iat_are_honoured_where_they_are() {
    let at = |secs: u64| json!(NOON.plus(secs).as_unix_secs());
    assert_eq!(verify_claims(&with("nbf", at(30))), good(), "within the leeway");
    assert_eq!(verify_claims(&with("nbf", at(31))), Err(Reason::NotYetValid));
    assert_eq!(verify_claims(&with("iat", at(30))), good());
    assert_eq!(verify_claims(&with("iat", at(31))), Err(Reason::IssuedInFuture));
    for name in ["nbf", "iat"] {
        for wrong in [json!("1750000000"), json!(null), json!([]), json!(true)] {
            assert_eq!(verify_claims(&with(name, wrong)), Err(Reason::Malformed), "{name}");
        }
    }
}

#[test]
fn v9_a_token_may_not_live_longer_than_the_longest_lifetime() {
    let until = |secs: u64| json!(NOON.plus(secs).as_unix_secs());
    assert_eq!(verify_claims(&with("exp", until(3600))), good());
    assert_eq!(verify_claims(&with("exp", until(3601))), Err(Reason::Lifetime));
    let mut without_iat = without("iat");
    without_iat["exp"] = until(3600);
    assert_eq!(verify_claims(&without_iat), good());
    without_iat["exp"] = until(3601);
    assert_eq!(verify_claims(&without_iat), Err(Reason::Lifetime), "counted from now");
    let mut unlimited = verifier();
    unlimited.policy.max_lifetime_secs = None;
    assert_eq!(told(unlimited.verify(&sign(&without_iat), &ring(), NOON)), good());
}

#[test]
fn v10_the_issuer_is_exact_and_the_subject_is_somebody() {
    for iss in [
        json!(null),
        json!(""),
        json!("https://auth.example.com/"),
        json!("HTTPS://auth.example.com"),
        json!(["https://auth.example.com"]),
        json!(7),
    ] {
        assert_eq!(verify_claims(&with("iss", iss.clone())), Err(Reason::Issuer), "{iss}");
    }
    assert_eq!(verify_claims(&without("iss")), Err(Reason::Issuer));
    for sub in [
        json!(null),
        json!(""),
        json!(123_456),
        json!(["123456"]),
        json!("a\nb"),
        json!("x".repeat(256)),
        json!("consumer:shop"),
    ] {
        assert_eq!(verify_claims(&with("sub", sub.clone())), Err(Reason::Subject), "{sub}");
    }
    assert_eq!(verify_claims(&without("sub")), Err(Reason::Subject));
}

#[test]
fn v11_an_audience_that_is_missing_null_or_empty_is_refused() {
    for aud in [json!("chatbot"), json!("reports"), json!(["chatbot"]), json!(["other", "chatbot"])] {
        assert_eq!(verify_claims(&with("aud", aud.clone())), good(), "{aud}");
    }
    for aud in [
        json!(null),
        json!(""),
        json!([]),
        json!(["other"]),
        json!("Chatbot"),
        json!("chatbot,reports"),
        json!(7),
        json!(["chatbot", 7]),
        json!({"chatbot": 1}),
        json!([["chatbot"]]),
    ] {
        assert_eq!(verify_claims(&with("aud", aud.clone())), Err(Reason::Audience), "{aud}");
    }
    assert_eq!(verify_claims(&without("aud")), Err(Reason::Audience));
    let mut any = verifier();
    any.policy.audience = Audience::Any;
    assert_eq!(
        told(any.verify(&sign(&without("aud")), &ring(), NOON)),
        good(),
        "switched off in so many words"
    );
}

#[test]
fn v12_only_an_access_token_opens_anything() {
    for kind in
        [json!("refresh"), json!("ACCESS"), json!("id"), json!(""), json!(null), json!(1), json!(["access"])]
    {
        assert_eq!(verify_claims(&with("type", kind.clone())), Err(Reason::TokenType), "{kind}");
    }
    assert_eq!(verify_claims(&without("type")), Err(Reason::TokenType));
    let mut lenient = verifier();
    lenient.policy.accept_untyped = true;
    assert_eq!(told(lenient.verify(&sign(&without("type")), &ring(), NOON)), good());
    let refresh = sign(&with("type", json!("refresh")));
    assert_eq!(told(lenient.verify(&refresh, &ring(), NOON)), Err(Reason::TokenType), "never");
}

#[test]
fn v13_a_user_is_known_by_subject_not_by_name_or_address() {
    let mut renamed = with("username", json!("someoneelse"));
    renamed["email"] = json!("someone@example.com");
    assert_eq!(verify_claims(&renamed), good());
    for name in ["username", "name", "email"] {
        assert_eq!(verify_claims(&without(name)), good());
        assert_eq!(verify_claims(&with(name, json!(["x"]))), Err(Reason::Malformed), "{name}");
    }
}

#[test]
fn v14_a_role_comes_from_a_closed_list() {
    let role = |name: &str| {
        verifier().verify(&sign(&with("role", json!(name))), &ring(), NOON).map(|principal| principal.role())
    };
    assert_eq!(role("admin"), Ok(Role::Admin));
    assert_eq!(role("Supervisor"), Ok(Role::Supervisor));
    assert_eq!(role("root").unwrap_err().reason, Reason::Role);
    assert_eq!(role("").unwrap_err().reason, Reason::Role);
    for wrong in [json!(["ADMIN"]), json!(1), json!(null)] {
        assert_eq!(verify_claims(&with("role", wrong)), Err(Reason::Role));
    }
    assert_eq!(verify_claims(&without("role")), Err(Reason::Role), "no role, no access");
    let mut with_default = verifier();
    with_default.policy.default_role = Some(Role::User);
    assert_eq!(told(with_default.verify(&sign(&without("role")), &ring(), NOON)), good());
    let unknown = sign(&with("role", json!("root")));
    assert_eq!(
        told(with_default.verify(&unknown, &ring(), NOON)),
        Err(Reason::Role),
        "a default is not a fallback"
    );
}

#[test]
fn v15_a_token_is_parsed_in_one_way_only() {
    let token = sign(&claims());
    for wrong in [
        format!("{token}."),
        format!("{token}.x"),
        format!(".{token}"),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        token.replace('.', ". "),
        token.replacen('.', "=.", 1),
    ] {
        assert_eq!(verify(&wrong), Err(Reason::Malformed), "{wrong}");
    }
    let twice = claims().to_string().replacen('{', r#"{"sub":"admin","#, 1);
    assert_eq!(verify(&sign_text(HS256, &twice, SECRET)), Err(Reason::Malformed), "a member twice");
    let escaped = claims().to_string().replacen('{', r#"{"\u0073ub":"admin","#, 1);
    assert_eq!(verify(&sign_text(HS256, &escaped, SECRET)), Err(Reason::Malformed), "twice, once escaped");
    for payload in ["[]", "null", "7", "\"x\"", "{} {}", "", "{\"exp\":1"] {
        assert!(verify(&sign_text(HS256, payload, SECRET)).is_err(), "{payload}");
    }
    let long = with("name", json!("x".repeat(8192)));
    assert_eq!(verify_claims(&long), Err(Reason::TooLarge));
}

#[test]
fn v15_a_signature_with_stray_bits_is_refused() {
    let token = sign(&claims());
    let (rest, last) = token.split_at(token.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let accepted = alphabet.chars().filter(|letter| verify(&format!("{rest}{letter}")).is_ok());
    assert_eq!(accepted.collect::<String>(), last, "one spelling for one signature");
}

#[test]
fn v18_outside_every_refusal_is_one() {
    let refusals = [
        verifier().verify(&sign_text(r#"{"alg":"HS256","kid":"no"}"#, "{}", SECRET), &ring(), NOON),
        verifier().verify(&sign_text(HS256, "{}", OTHER), &ring(), NOON),
        verifier().verify(&sign(&with("exp", json!(1))), &ring(), NOON),
    ];
    let reasons: Vec<_> = refusals.into_iter().map(|refusal| refusal.unwrap_err().to_string()).collect();
    assert_eq!(
        reasons,
        ["unknown_key", "bad_signature", "expired"],
        "the log tells them apart by words of a list"
    );
}

#[test]
fn v24_the_kid_chooses_the_key_and_an_old_key_ends() {
    let old = key("old", OTHER, "HS256").with_times(None, Some(NOON));
    let ring = KeyRing::new(vec![old, key("k1", SECRET, "HS256")]).unwrap();
    let token = |kid: &str, secret| {
        let header = json!({"alg": "HS256", "kid": kid}).to_string();
        sign_text(&header, &claims().to_string(), secret)
    };
    let outcome = |token: &str, now| verifier().verify(token, &ring, now);
    assert_eq!(told(outcome(&token("old", OTHER), NOON)), good(), "in its last second");
    assert_eq!(told(outcome(&token("old", OTHER), NOON.plus(1))), Err(Reason::UnknownKey));
    assert_eq!(
        told(outcome(&token("old", SECRET), NOON)),
        Err(Reason::BadSignature),
        "no other key is tried"
    );

    let unknown = outcome(&token("new", SECRET), NOON).unwrap_err();
    assert_eq!((unknown.reason, unknown.newer_keys_may_help), (Reason::UnknownKey, true));
    let retired = outcome(&token("old", OTHER), NOON.plus(1)).unwrap_err();
    assert!(!retired.newer_keys_may_help, "its end is known");
    let forged = outcome(&token("k1", OTHER), NOON).unwrap_err();
    assert!(!forged.newer_keys_may_help, "the key is here, the signature is wrong");

    let without_kid = |secret| sign_text(r#"{"alg":"HS256"}"#, &claims().to_string(), secret);
    assert_eq!(told(outcome(&without_kid(OTHER), NOON)), good(), "each live key is tried");
    assert!(outcome(&without_kid(b"unknown"), NOON).unwrap_err().newer_keys_may_help);
}

#[test]
fn v24_of_a_plain_secret_current_and_previous_are_accepted_whatever_the_kid() {
    let ring = KeyRing::plain(key("v2", SECRET, "HS256"), Some(key("v1", OTHER, "HS256")));
    for (kid, secret) in [("v2", SECRET), ("v1", OTHER), ("theirs", SECRET), ("theirs", OTHER)] {
        let header = json!({"alg": "HS256", "kid": kid}).to_string();
        let token = sign_text(&header, &claims().to_string(), secret);
        assert_eq!(told(verifier().verify(&token, &ring, NOON)), good(), "{kid}");
    }
    let forged = sign_text(r#"{"alg":"HS256","kid":"v2"}"#, &claims().to_string(), b"unknown");
    let forged = verifier().verify(&forged, &ring, NOON).unwrap_err();
    assert_eq!((forged.reason, forged.newer_keys_may_help), (Reason::BadSignature, true));
}

fn minted(sub: &str, role: Role) -> String {
    let minter = Minter { issuer: "https://auth.example.com".into(), audience: vec!["chatbot".into()] };
    let claims = AccessClaims {
        sub: sub.into(),
        username: Some("johndoe".into()),
        name: None,
        email: None,
        role,
        sid: Some("s1".into()),
        jti: "j1".into(),
        issued_at: NOON,
        expires_at: NOON.plus(1800),
    };
    minter.mint(&claims, &ring(), NOON).unwrap()
}

#[test]
fn a_minted_token_names_its_key_and_has_claims_in_the_documented_form() {
    let token = minted("123456", Role::User);
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut text = || String::from_utf8_lossy(&parts.next().unwrap()).into_owned();
    let header: Value = serde_json::from_str(&text()).unwrap();
    assert_eq!(header, json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}));
    assert_eq!(
        text(),
        r#"{"iss":"https://auth.example.com","aud":"chatbot","sub":"123456","username":"johndoe","type":"access","role":"USER","sid":"s1","jti":"j1","iat":1750000000,"exp":1750001800}"#
    );
}

proptest! {
    #[test]
    fn what_is_minted_verifies(sub in "[a-zA-Z0-9|._-]{1,64}", index in 0..3_usize) {
        let role = Role::ALL[index];
        let principal = verifier().verify(&minted(&sub, role), &ring(), NOON).unwrap();
        prop_assert_eq!((principal.id(), principal.role()), (sub.as_str(), role));
    }

    #[test]
    fn a_token_with_any_byte_changed_is_refused(at in 0..400_usize, byte in any::<u8>()) {
        let token = minted("123456", Role::User);
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed).is_err(), "{}", changed);
        }
    }

    #[test]
    fn no_text_makes_the_verifier_panic(text in ".{0,300}") {
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn no_signed_payload_makes_the_verifier_panic(payload in "[\\x00-\\x7f]{0,200}") {
        prop_assert!(verify(&sign_text(HS256, &payload, SECRET)).is_err());
    }

    #[test]
    fn what_a_principal_writes_it_reads_back(sub in "[a-zA-Z0-9]{1,64}", name in proptest::option::of(".{0,40}")) {
        let mut claims = with("sub", json!(sub));
        claims["name"] = json!(name);
        let principal = verifier().verify(&sign(&claims), &ring(), NOON).unwrap();
        let context: serde_json::Map<String, Value> =
            principal.to_context().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let again = Principal::from_context(&context).unwrap();
        prop_assert!(again.to_context().eq(principal.to_context()));
    }
}
