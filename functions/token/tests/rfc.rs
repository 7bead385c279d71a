//! The examples of RFC 7515 and RFC 7519, and those best practices of RFC 8725
//! that `verifier.rs` has no test for.

#![expect(clippy::unwrap_used, reason = "a test is meant to panic")]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use token::{
    Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyRing, Policy, Reason, RefreshGrant, RefreshKey,
    Role, Timestamp, Verifier,
};

/// RFC 7515 appendix A.1.1: the key and the token, as printed.
const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const HEADER: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9";
const PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The `exp` of that token, in March 2011.
const EXP: Timestamp = Timestamp::from_unix_secs(1_300_819_380);

fn secret() -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(KEY).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(vec![Key::new(None, AlgorithmSet::only(Algorithm::HS256), &secret()).unwrap()]).unwrap()
}

/// As lenient as the settings can make a verifier: joe's token has no audience,
/// no type, no role and no time of issue.
fn verifier() -> Verifier {
    Verifier {
        algorithms: AlgorithmSet::only(Algorithm::HS256),
        policy: Policy {
            issuer: IssuerRule::Exactly("joe".into()),
            audience: Audience::Any,
            leeway_secs: 0,
            max_lifetime_secs: None,
            default_role: Some(Role::User),
            accept_untyped: true,
        },
        max_token_bytes: 8192,
    }
}

fn verify(token: &str, now: Timestamp) -> Result<String, Reason> {
    let outcome = verifier().verify(token, &ring(), now);
    outcome.map(|principal| principal.id().to_owned()).map_err(|rejection| rejection.reason)
}

/// Signs any bytes with the key of the standard.
fn sign(header: &str, payload: impl AsRef<[u8]>) -> String {
    let input =
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(payload));
    let mac = Hmac::<Sha256>::new_from_slice(&secret()).unwrap().chain_update(&input);
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn joes(changes: &Value) -> String {
    let mut claims = json!({"iss": "joe", "exp": EXP.as_unix_secs(), "sub": "joe"});
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.to_string()
}

const HS256: &str = r#"{"alg":"HS256"}"#;

#[test]
fn the_example_of_rfc_7515_holds_up_to_its_expiry() {
    let token = format!("{HEADER}.{PAYLOAD}.{SIGNATURE}");
    // Its signature, issuer and times are accepted; nobody can be made of a
    // token without a subject, which no setting waives.
    assert_eq!(verify(&token, EXP.minus(1)), Err(Reason::Subject));
    assert_eq!(verify(&token, EXP), Err(Reason::Expired));
    let forged = token.replace(SIGNATURE, &SIGNATURE.replace("dBjf", "dBjg"));
    assert_eq!(verify(&forged, EXP.minus(1)), Err(Reason::BadSignature));

    let mut elsewhere = verifier();
    elsewhere.policy.issuer = IssuerRule::Exactly("jane".into());
    let refused = elsewhere.verify(&token, &ring(), EXP.minus(1)).unwrap_err();
    assert_eq!(refused.reason, Reason::Issuer);
}

#[test]
fn joe_with_a_subject_is_let_in() {
    // The header of the example, line break and all: it is not canonical JSON.
    let header = BASE64_URL_SAFE_NO_PAD.decode(HEADER).unwrap();
    let token = sign(&String::from_utf8(header).unwrap(), joes(&json!({"http://example.com/is_root": true})));
    assert_eq!(verify(&token, EXP.minus(1)), Ok("joe".into()));
}

#[test]
fn the_unsecured_example_of_rfc_7519_is_refused() {
    // Section 6.1: three parts, the last one empty.
    assert_eq!(verify(&format!("eyJhbGciOiJub25lIn0.{PAYLOAD}."), EXP.minus(1)), Err(Reason::Malformed));
    // With anything for a signature it is the algorithm that is wrong, even
    // where the right key made that signature.
    let dressed_up = sign(r#"{"alg":"none"}"#, joes(&json!({})));
    assert_eq!(verify(&dressed_up, EXP.minus(1)), Err(Reason::Algorithm));
}

#[test]
fn rfc_8725_3_2_algorithms_that_are_no_hmac_are_unknown_whoever_signed() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA", "HS1", "A128KW", "dir"] {
        let token = sign(&json!({"alg": algorithm}).to_string(), joes(&json!({})));
        assert_eq!(verify(&token, EXP.minus(1)), Err(Reason::Algorithm), "{algorithm}");
    }
}

#[test]
fn rfc_8725_3_3_a_token_inside_a_token_is_not_looked_into() {
    let inner = sign(HS256, joes(&json!({})));
    assert_eq!(verify(&inner, EXP.minus(1)), Ok("joe".into()));
    let nested = sign(r#"{"alg":"HS256","cty":"JWT"}"#, &inner);
    assert_eq!(verify(&nested, EXP.minus(1)), Err(Reason::Malformed));
}

#[test]
fn rfc_8725_3_6_nothing_is_decompressed() {
    // `{"iss":"joe"}` in one stored block of DEFLATE (RFC 1951 section 3.2.4).
    let deflated = [&[1, 13, 0, 242, 255][..], br#"{"iss":"joe"}"#].concat();
    assert_eq!(
        verify(&sign(r#"{"alg":"HS256","zip":"DEF"}"#, deflated), EXP.minus(1)),
        Err(Reason::Malformed)
    );
}

#[test]
fn rfc_8725_3_7_claims_are_utf_8_and_nothing_else() {
    let claims = joes(&json!({"name": "Zoë"}));
    assert_eq!(verify(&sign(HS256, &claims), EXP.minus(1)), Ok("joe".into()));
    let latin_1: Vec<u8> = claims.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let utf_16: Vec<u8> = claims.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = format!("\u{feff}{claims}");
    for payload in [latin_1, utf_16, with_mark.into_bytes()] {
        assert_eq!(verify(&sign(HS256, payload), EXP.minus(1)), Err(Reason::Malformed));
    }
}

#[test]
fn rfc_8725_3_11_a_token_typed_for_another_purpose_is_refused() {
    for (typ, expected) in [
        ("at+jwt", Ok("joe".to_owned())),
        ("secevent+jwt", Err(Reason::TokenType)),
        ("application/logout+jwt", Err(Reason::TokenType)),
    ] {
        let header = json!({"alg": "HS256", "typ": typ}).to_string();
        assert_eq!(verify(&sign(&header, joes(&json!({}))), EXP.minus(1)), expected, "{typ}");
    }
}

#[test]
fn rfc_8725_3_12_the_two_kinds_of_token_never_pass_for_one_another() {
    // The same bytes as a key, which no deployment has: the rules alone hold.
    let refresh_key = RefreshKey::new(&secret()).unwrap();
    let grant = RefreshGrant {
        sub: "joe".into(),
        sid: "s1".into(),
        generation: 0,
        issued_at: EXP.minus(60),
        expires_at: EXP,
    };
    let refresh = refresh_key.mint("joe", &grant).unwrap();
    let keys = KeyRing::plain(Key::new(None, AlgorithmSet::only(Algorithm::HS256), &secret()).unwrap(), None);
    let refused = verifier().verify(&refresh, &keys, EXP.minus(30)).unwrap_err();
    assert_eq!(refused.reason, Reason::TokenType);
    let access = sign(HS256, joes(&json!({"type": "access", "sid": "s1", "jti": "j1"})));
    assert_eq!(verify(&access, EXP.minus(30)), Ok("joe".into()));
    assert!(refresh_key.verify(&access, "joe", EXP.minus(30)).is_err());
}
