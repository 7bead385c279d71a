//! The cases by name: each is made ready once, and then done again and again.

use std::{hint::black_box, time::SystemTime};

use authorizer::{Authorizer, HandlerError, Payload, Settings};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json, value::RawValue};
use sha2::Sha256;
use token::{
    AccessRules, AlgorithmSet, Audience, IssuerRule, KeyRing, Moment, Policy, Role, SecretEncoding,
    SecretForm, SecretValue, Verifier,
};

use crate::samples::{AUDIENCE, ISSUER, event, ring, secret, sign, signing_input};

pub(crate) const CASES: [&str; 22] = [
    "limit",
    "verify/ring of 1, with kid",
    "verify/ring of 1, without",
    "verify/ring of 2, with kid",
    "verify/ring of 3, with kid",
    "verify/ring of 3, without",
    "verify/ring of 4, with kid",
    "verify/ring of 4, without",
    "decide/REST TOKEN",
    "decide/REST REQUEST",
    "decide/HTTP 2.0",
    "decide/load balancer",
    "rules/1",
    "rules/100",
    "rules/1000",
    "policy/1 rule",
    "policy/30 rules",
    "secret/plain",
    "secret/ring of 3",
    "refuse/8 KB",
    "refuse/1 MB",
    "refuse/1 MB, the event alone",
];

const JUNK: [usize; 2] = [8 << 10, 1 << 20];

pub(crate) fn case(name: &str) -> Box<dyn FnMut()> {
    let now = now();
    match name {
        "limit" => limit(now),
        "verify/ring of 1, with kid" => verify(1, Some(0), now),
        "verify/ring of 1, without" => verify(1, None, now),
        "verify/ring of 2, with kid" => verify(2, Some(0), now),
        "verify/ring of 3, with kid" => verify(3, Some(0), now),
        "verify/ring of 3, without" => verify(3, None, now),
        "verify/ring of 4, with kid" => verify(4, Some(0), now),
        "verify/ring of 4, without" => verify(4, None, now),
        "decide/REST TOKEN" => decide(&good("rest-token", now), &[], now),
        "decide/REST REQUEST" => decide(&good("rest-request", now), &[], now),
        "decide/HTTP 2.0" => decide(&good("http-v2", now), &[], now),
        "decide/load balancer" => decide(&good("alb", now), &[], now),
        "rules/1" => verify_and_look_up(1, now),
        "rules/100" => verify_and_look_up(100, now),
        "rules/1000" => verify_and_look_up(1000, now),
        "policy/1 rule" => with_rules(1, now),
        "policy/30 rules" => with_rules(30, now),
        "secret/plain" => parse_secret("0123456789abcdef0123456789abcdef".into()),
        "secret/ring of 3" => parse_secret(ring(3)),
        "refuse/8 KB" => decide(&junk(JUNK[0]), &[], now),
        "refuse/1 MB" => decide(&junk(JUNK[1]), &[], now),
        "refuse/1 MB, the event alone" => read(junk(JUNK[1])),
        _ => panic!("no such case"),
    }
}

fn now() -> Moment {
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970");
    Moment::new(SystemTime::now(), since)
}

/// What nobody can do without: the HMAC over what was signed, and reading the
/// event and the claims with the JSON library that everybody uses.
fn limit(now: Moment) -> Box<dyn FnMut()> {
    let event = good("rest-token", now);
    let token = sign(&signing_input(None, now.wall.as_unix_secs()), &secret(0));
    Box::new(move || {
        let event: Value = serde_json::from_slice(black_box(&event)).expect("JSON");
        let (signing_input, signature) = black_box(&token).rsplit_once('.').expect("a token");
        let mac = Hmac::<Sha256>::new_from_slice(&secret(0)).expect("any length");
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        mac.chain_update(signing_input).verify_slice(&signature).expect("a good signature");
        let (_, claims) = signing_input.split_once('.').expect("two parts");
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        black_box((event, claims));
    })
}

fn verify(keys: u8, kid: Option<u8>, now: Moment) -> Box<dyn FnMut()> {
    let ring = KeyRing::from_json(&ring(keys)).expect("a ring");
    // Signed with the key that is tried last where the token names none.
    let input = signing_input(kid, now.wall.as_unix_secs());
    let token = sign(&input, &secret(kid.unwrap_or(keys - 1)));
    let policy = Policy {
        issuer: IssuerRule::Exactly(ISSUER.into()),
        audience: Audience::OneOf(vec![AUDIENCE.into()]),
        leeway_secs: 30,
        max_lifetime_secs: Some(3600),
        default_role: None,
        accept_untyped: false,
    };
    let algorithms = AlgorithmSet::parse("HS256").expect("a name");
    let verifier = Verifier { algorithms, policy, max_token_bytes: 8192 };
    Box::new(move || {
        let principal = verifier.verify(black_box(&token), &ring, now.wall);
        black_box(principal.expect("a good token"));
    })
}

fn good(name: &str, now: Moment) -> Vec<u8> {
    event(name, &sign(&signing_input(None, now.wall.as_unix_secs()), &secret(0)))
}

fn junk(bytes: usize) -> Vec<u8> {
    event("rest-token", &"A".repeat(bytes))
}

/// So many rules, of which only the last is about the path of the samples.
fn rules(count: usize) -> String {
    let rules: Vec<Value> = (1..count)
        .map(|number| json!({"methods": ["GET"], "path": format!("/api/{number}/*"), "role": "ADMIN"}))
        .chain([json!({"methods": ["*"], "path": "/api/*", "role": "USER"})])
        .collect();
    Value::from(rules).to_string()
}

/// A policy names all of its rules, so there cannot be many.
fn with_rules(count: usize, now: Moment) -> Box<dyn FnMut()> {
    decide(&good("rest-token", now), &[("ACCESS_RULES", &rules(count))], now)
}

/// What is decided where no policy has to be written.
fn verify_and_look_up(count: usize, now: Moment) -> Box<dyn FnMut()> {
    let rules = AccessRules::parse(&rules(count)).expect("rules");
    let mut verify = verify(1, None, now);
    Box::new(move || {
        verify();
        assert!(rules.allow(Role::User, "POST", black_box("/api/chat")));
    })
}

/// From the bytes of an event to the bytes of an answer.
fn decide(event: &[u8], changes: &[(&str, &str)], now: Moment) -> Box<dyn FnMut()> {
    let ring = ring(1);
    let base = [("JWT_SECRET", ring.as_str()), ("JWT_ISSUER", ISSUER), ("JWT_AUDIENCE", AUDIENCE)];
    let settings = Settings::read(&|name| {
        let mut found = changes.iter().chain(&base).filter(|(candidate, _)| *candidate == name);
        found.next().map(|(_, value)| (*value).to_owned())
    });
    let authorizer = Authorizer::with_aws(settings.expect("settings"), None, |line| {
        black_box(line);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let event = event.to_vec();
    Box::new(move || {
        // For the time limit; nothing here ever waits.
        let _inside = runtime.enter();
        let event: Payload = serde_json::from_slice(black_box(&event)).expect("JSON");
        let event = LambdaEvent::new(event, Context::default());
        let answer = authorizer.handle(event, now).now_or_never().expect("an answer at once");
        black_box(bytes(&answer));
    })
}

fn bytes(answer: &Result<Box<RawValue>, HandlerError>) -> Vec<u8> {
    match answer {
        Ok(answer) => serde_json::to_vec(answer).expect("JSON"),
        Err(error) => error.to_string().into_bytes(),
    }
}

fn read(event: Vec<u8>) -> Box<dyn FnMut()> {
    Box::new(move || {
        let event: Value = serde_json::from_slice(black_box(&event)).expect("JSON");
        black_box(event);
    })
}

fn parse_secret(text: String) -> Box<dyn FnMut()> {
    let algorithms = AlgorithmSet::parse("HS256").expect("a name");
    let form = SecretForm { field: "JWT_SECRET".into(), encoding: SecretEncoding::Utf8, algorithms };
    Box::new(move || {
        let value = SecretValue::parse(black_box(&text), Some("version"), &form);
        black_box(value.expect("a secret"));
    })
}
