//! The verifier against consumers' tokens, one test for each rule.
//!
//! A consumer holds a secret and signs what it likes. So most of these tokens
//! carry a good signature, and the question is what they get for it.

#![expect(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    clippy::indexing_slicing,
    reason = "a test is meant to panic, and compares results with results"
)]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};
use token::{
    Algorithm, AlgorithmSet, Audience, Caller, Credential, CredentialRecord, CredentialSecret,
    DEFAULT_CONSUMER_LIFETIME_SECS, IssuerRule, Key, KeyRing, Policy, Principal, Reason, Rejection, Role,
    Timestamp, TokenPath, Verifier,
};
use zeroize::Zeroizing;

const SECRET: &str = "the shop's secret, of more than sixty-four bytes, enough for HS512 too";
const NEXT: &str = "the shop's next secret, of more than sixty-four bytes, good for HS512";
const OTHER: &str = "somebody else's secret, of more than sixty-four bytes, good for HS512";
const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

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

fn secret(value: &str) -> CredentialSecret {
    CredentialSecret { value: Zeroizing::new(value.into()), is_base64: false, not_after: None }
}

fn credential_with(change: impl FnOnce(&mut CredentialRecord)) -> Credential {
    let mut record = CredentialRecord {
        key: "shop-key".into(),
        username: "shop".into(),
        custom_id: Some("c-7".into()),
        role: Role::Supervisor,
        enabled: true,
        algorithm: Algorithm::HS256,
        max_lifetime_secs: DEFAULT_CONSUMER_LIFETIME_SECS,
        not_before: None,
        secrets: vec![secret(SECRET)],
    };
    change(&mut record);
    Credential::new(record).unwrap()
}

/// What a client written for Kong signs.
fn claims() -> Value {
    json!({"iss": "shop-key", "iat": NOON.as_unix_secs(), "exp": NOON.plus(1800).as_unix_secs()})
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
    macro_rules! tag {
        ($hash:ty) => {
            BASE64_URL_SAFE_NO_PAD.encode(
                Hmac::<$hash>::new_from_slice(secret).unwrap().chain_update(&input).finalize().into_bytes(),
            )
        };
    }
    let tag = match header {
        header if header.contains("HS384") => tag!(Sha384),
        header if header.contains("HS512") => tag!(Sha512),
        _ => tag!(Sha256),
    };
    format!("{input}.{tag}")
}

fn sign(claims: &Value) -> String {
    sign_text(HS256, &claims.to_string(), SECRET.as_bytes())
}

/// The caller's id, or the reason.
fn told(outcome: Result<Principal, Rejection>) -> Result<String, Reason> {
    outcome.map(|principal| principal.id().to_owned()).map_err(|rejection| rejection.reason)
}

fn verify_with(token: &str, credential: &Credential) -> Result<String, Reason> {
    told(verifier().verify_consumer(token, credential, NOON))
}

fn verify(token: &str) -> Result<String, Reason> {
    verify_with(token, &credential_with(|_| ()))
}

fn verify_claims(claims: &Value) -> Result<String, Reason> {
    verify(&sign(claims))
}

fn good() -> Result<String, Reason> {
    Ok("consumer:shop".into())
}

#[test]
fn who_a_consumer_is_and_may_do_is_its_credentials_to_say() {
    let mut bold = claims();
    for (name, value) in [
        ("sub", "consumer:other"),
        ("role", "ADMIN"),
        ("username", "root"),
        ("name", "Root"),
        ("email", "root@example.com"),
        ("sid", "somebody's session"),
        ("caller", "user"),
        ("consumer", "other"),
        ("jti", "j1"),
    ] {
        bold[name] = json!(value);
    }
    let principal = verifier().verify_consumer(&sign(&bold), &credential_with(|_| ()), NOON).unwrap();
    let context: Vec<String> =
        principal.to_context().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        context.join(" "),
        "sub=consumer:shop role=SUPERVISOR jti=j1 exp=1750001800 caller=consumer consumer=shop \
         custom_id=c-7 credential=shop-key"
    );
    assert_eq!(principal.issued_at(), Some(NOON));
    let expected = Caller::Consumer {
        username: "shop".into(),
        custom_id: Some("c-7".into()),
        credential: "shop-key".into(),
    };
    assert_eq!(principal.caller(), &expected);
    assert_eq!(principal.display_name(), "consumer:shop");
}

#[test]
fn v1_the_algorithm_is_the_credentials_whatever_is_allowed_to_users() {
    for name in ["HS256", "HS384", "HS512"] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        let token = sign_text(&header, &claims().to_string(), SECRET.as_bytes());
        for algorithm in Algorithm::ALL {
            let credential = credential_with(|record| record.algorithm = algorithm);
            let expected = if algorithm.name() == name { good() } else { Err(Reason::Algorithm) };
            assert_eq!(verify_with(&token, &credential), expected, "{name} for {algorithm}");
        }
    }
    for name in ["none", "RS256", "hs256", ""] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        let token = sign_text(&header, &claims().to_string(), SECRET.as_bytes());
        assert_eq!(verify(&token), Err(Reason::Algorithm), "{name}");
    }
}

#[test]
fn v2_nothing_is_believed_before_the_signature_holds() {
    let forged = |claims: &Value| sign_text(HS256, &claims.to_string(), OTHER.as_bytes());
    assert_eq!(verify(&forged(&with("exp", json!("never")))), Err(Reason::BadSignature));
    assert_eq!(verify(&forged(&with("iss", json!("other-key")))), Err(Reason::BadSignature));
    assert_eq!(verify(&sign_text(HS256, "not json", OTHER.as_bytes())), Err(Reason::BadSignature));
    let disabled = credential_with(|record| record.enabled = false);
    assert_eq!(verify_with(&forged(&claims()), &disabled), Err(Reason::BadSignature));
    assert_eq!(verify_with(&sign(&claims()), &disabled), Err(Reason::ConsumerDisabled));
    assert_eq!(verify_with(&sign(&with("exp", json!(1))), &disabled), Err(Reason::ConsumerDisabled));
}

#[test]
fn v5_secrets_may_come_in_base64_and_are_used_decoded() {
    let bytes = [0xfb; 32];
    let token = sign_text(HS256, &claims().to_string(), &bytes);
    for value in
        ["+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=", "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"]
    {
        let decoded = CredentialSecret { is_base64: true, ..secret(value) };
        assert_eq!(verify_with(&token, &credential_with(|record| record.secrets = vec![decoded])), good());
        let raw = credential_with(|record| record.secrets = vec![secret(value)]);
        assert_eq!(verify_with(&token, &raw), Err(Reason::BadSignature), "a plain secret is not decoded");
    }
}

#[test]
fn v8_and_v9_times_are_those_of_the_policy_and_the_longest_lifetime_the_credentials() {
    let at = |secs: u64| json!(NOON.plus(secs).as_unix_secs());
    assert_eq!(verify_claims(&without("exp")), Err(Reason::Malformed));
    assert_eq!(verify_claims(&with("exp", json!(-1))), Err(Reason::Expired));
    assert_eq!(
        verify_claims(&with("exp", json!(NOON.minus(29).as_unix_secs()))),
        good(),
        "within the leeway"
    );
    assert_eq!(verify_claims(&with("exp", json!(NOON.minus(30).as_unix_secs()))), Err(Reason::Expired));
    assert_eq!(verify_claims(&with("nbf", at(30))), good());
    assert_eq!(verify_claims(&with("nbf", at(31))), Err(Reason::NotYetValid));
    assert_eq!(verify_claims(&with("iat", at(31))), Err(Reason::IssuedInFuture));

    let year = DEFAULT_CONSUMER_LIFETIME_SECS;
    assert_eq!(verify_claims(&with("exp", at(year))), good(), "longer than any user's");
    assert_eq!(verify_claims(&with("exp", at(year + 1))), Err(Reason::Lifetime));
    let short = credential_with(|record| record.max_lifetime_secs = 300);
    let lasting = |mut claims: Value, secs: u64| {
        claims["exp"] = at(secs);
        verify_with(&sign(&claims), &short)
    };
    assert_eq!(lasting(claims(), 300), good());
    assert_eq!(lasting(claims(), 301), Err(Reason::Lifetime));
    assert_eq!(lasting(without("iat"), 300), good());
    assert_eq!(lasting(without("iat"), 301), Err(Reason::Lifetime), "counted from now");
    let early = with("iat", json!(NOON.minus(301).as_unix_secs()));
    assert_eq!(lasting(early, 0), Err(Reason::Lifetime), "counted from its start");
}

#[test]
fn v10_a_token_is_good_for_the_credential_that_it_names_and_no_other() {
    // As where two consumers chose the same secret, or the wrong one was looked up.
    let other = credential_with(|record| record.key = "other-key".into());
    assert_eq!(verify_with(&sign(&claims()), &other), Err(Reason::Issuer));

    let named = |kid: &str, claims: &Value| {
        let header = json!({"alg": "HS256", "kid": kid}).to_string();
        verify(&sign_text(&header, &claims.to_string(), SECRET.as_bytes()))
    };
    assert_eq!(named("shop-key", &without("iss")), good(), "by kid where there is no iss");
    assert_eq!(named("other-key", &without("iss")), Err(Reason::Issuer));
    assert_eq!(named("other-key", &claims()), good(), "iss comes first");
    assert_eq!(named("shop-key", &with("iss", json!("other-key"))), Err(Reason::Issuer));
    assert_eq!(named("shop-key", &with("iss", json!(null))), Err(Reason::Issuer));
    assert_eq!(verify_claims(&without("iss")), Err(Reason::Issuer), "it names none");
}

#[test]
fn v11_an_audience_is_optional_and_binding_where_it_is() {
    assert_eq!(verify_claims(&claims()), good(), "Kong's clients carry none");
    for aud in [json!("chatbot"), json!(["other", "reports"])] {
        assert_eq!(verify_claims(&with("aud", aud.clone())), good(), "{aud}");
    }
    for aud in
        [json!("other"), json!(["other"]), json!([]), json!(""), json!(null), json!(7), json!(["chatbot", 7])]
    {
        assert_eq!(verify_claims(&with("aud", aud.clone())), Err(Reason::Audience), "{aud}");
    }
    let mut any = verifier();
    any.policy.audience = Audience::Any;
    let credential = credential_with(|_| ());
    let outcome = any.verify_consumer(&sign(&with("aud", json!("other"))), &credential, NOON);
    assert_eq!(told(outcome), good(), "switched off in so many words");
}

#[test]
fn v12_a_token_for_another_purpose_never_passes() {
    assert_eq!(verify_claims(&with("type", json!("access"))), good());
    for kind in [json!("refresh"), json!("id"), json!("ACCESS"), json!(""), json!(null), json!(1)] {
        assert_eq!(verify_claims(&with("type", kind.clone())), Err(Reason::TokenType), "{kind}");
    }
    let header = r#"{"alg":"HS256","typ":"refresh+jwt"}"#;
    assert_eq!(verify(&sign_text(header, &claims().to_string(), SECRET.as_bytes())), Err(Reason::TokenType));
}

#[test]
fn v15_a_token_is_parsed_in_one_way_only() {
    for payload in [
        r#"{"iss":"shop-key","iss":"shop-key","exp":1750001800}"#,
        r#"{"iss":"shop-key","exp":1,"\u0065xp":1750001800}"#,
        r#"{"iss":"shop-key","exp":1750001800}{}"#,
        "[]",
        "null",
        "7",
        "",
    ] {
        let token = sign_text(HS256, payload, SECRET.as_bytes());
        assert_eq!(verify(&token), Err(Reason::Malformed), "{payload}");
    }
    let token = sign(&claims());
    for wrong in
        [format!("{token}."), format!("{token}.x"), format!("{token}="), token.replacen('.', "..", 1)]
    {
        assert_eq!(verify(&wrong), Err(Reason::Malformed), "{wrong}");
    }
    assert_eq!(verify_claims(&with("pad", json!("x".repeat(8192)))), Err(Reason::TooLarge));
}

#[test]
fn v19_what_was_issued_before_a_moment_is_revoked() {
    let revoked = |before: Timestamp, claims: &Value| {
        verify_with(&sign(claims), &credential_with(|record| record.not_before = Some(before)))
    };
    assert_eq!(revoked(NOON, &claims()), good(), "issued in that second");
    assert_eq!(revoked(NOON.plus(1), &claims()), Err(Reason::Revoked));
    assert_eq!(revoked(NOON.minus(1), &claims()), good());
    assert_eq!(
        revoked(NOON.minus(1), &without("iat")),
        Err(Reason::Revoked),
        "nobody knows when it was issued"
    );
}

#[test]
fn v24_two_secrets_live_during_a_rotation_and_the_old_one_ends() {
    let token = |secret: &str| sign_text(HS256, &claims().to_string(), secret.as_bytes());
    let rotating = credential_with(|record| {
        let old = CredentialSecret { not_after: Some(NOON.plus(10)), ..secret(SECRET) };
        record.secrets = vec![secret(NEXT), old];
    });
    let at = |secs, secret| told(verifier().verify_consumer(&token(secret), &rotating, NOON.plus(secs)));
    for secret in [SECRET, NEXT] {
        assert_eq!(at(10, secret), good());
    }
    assert_eq!(at(11, SECRET), Err(Reason::BadSignature), "not tried any more");
    assert_eq!(at(11, NEXT), good());
    assert_eq!(at(0, OTHER), Err(Reason::BadSignature));

    let over = credential_with(|record| {
        record.secrets = vec![CredentialSecret { not_after: Some(NOON.minus(1)), ..secret(SECRET) }];
    });
    assert_eq!(verify_with(&token(SECRET), &over), Err(Reason::UnknownKey));
}

#[test]
fn a_newer_key_ring_never_helps_a_consumer() {
    let forged = sign_text(HS256, &claims().to_string(), OTHER.as_bytes());
    for token in [forged, sign(&with("exp", json!(1))), "x".into()] {
        let rejection = verifier().verify_consumer(&token, &credential_with(|_| ()), NOON).unwrap_err();
        assert!(!rejection.newer_keys_may_help, "{rejection}");
    }
}

#[test]
fn neither_kind_of_caller_can_pass_as_the_other() {
    let ring = || {
        let key = Key::new(None, AlgorithmSet::only(Algorithm::HS256), OTHER.as_bytes()).unwrap();
        KeyRing::new(vec![key]).unwrap()
    };
    let user = json!({"iss": "https://auth.example.com", "aud": "chatbot", "sub": "123456", "type": "access",
                      "role": "ADMIN", "iat": NOON.as_unix_secs(), "exp": NOON.plus(60).as_unix_secs()});

    let pretended = sign(&user);
    assert_eq!(verifier().path(&pretended), Ok(TokenPath::User));
    assert_eq!(told(verifier().verify(&pretended, &ring(), NOON)), Err(Reason::BadSignature));
    let shared_secret_for_consumer = sign_text(HS256, &claims().to_string(), OTHER.as_bytes());
    assert!(matches!(verifier().path(&shared_secret_for_consumer), Ok(TokenPath::Consumer(_))));
    assert_eq!(verify(&shared_secret_for_consumer), Err(Reason::BadSignature));

    let mut named = user;
    named["sub"] = json!("consumer:shop");
    let named = sign_text(HS256, &named.to_string(), OTHER.as_bytes());
    assert_eq!(told(verifier().verify(&named, &ring(), NOON)), Err(Reason::Subject));
}

proptest! {
    #[test]
    fn a_token_with_any_byte_changed_is_refused(at in 0..400_usize, byte in any::<u8>()) {
        let token = sign(&claims());
        let mut bytes = token.into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed).is_err(), "{}", changed);
        }
    }

    #[test]
    fn no_text_makes_the_path_or_the_verifier_panic(text in ".{0,300}") {
        let _either_answer = verifier().path(&text);
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn no_signed_payload_makes_the_path_or_the_verifier_panic(payload in "[\\x00-\\x7f]{0,200}") {
        let token = sign_text(HS256, &payload, SECRET.as_bytes());
        let _either_answer = verifier().path(&token);
        prop_assert!(verify(&token).is_err());
    }

    #[test]
    fn what_a_consumer_writes_about_itself_changes_nothing(
        name in "sub|role|username|name|email|sid|caller|consumer|custom_id|credential|kid",
        value in "\"[a-zA-Z:]{0,20}\"|[1-9][0-9]{0,8}|true|null|\\[\\]|\\{\\}",
    ) {
        let claims = with(&name, serde_json::from_str(&value).unwrap());
        let credential = credential_with(|_| ());
        let bold = verifier().verify_consumer(&sign(&claims), &credential, NOON).unwrap();
        let modest = verifier().verify_consumer(&sign(&with("x", json!(1))), &credential, NOON).unwrap();
        prop_assert_eq!(bold, modest);
    }
}
