//! Any JSON as the event of an authorizer.
//!
//! As it comes it holds no token of the right key, so nothing may be allowed.
//! With such a token in place of the word TOKEN it may be, in a well-formed answer.

#![no_main]

use std::{sync::LazyLock, time::Duration};

use authorizer::{Authorizer, Settings};
use fuzz::{NOW_SECS, SECRET, sign};
use lambda_runtime::{Context, LambdaEvent};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use token::{Moment, Timestamp};
use tokio::runtime::Runtime;

const NOW: Moment =
    Moment { subsec_millis: 0, wall: Timestamp::from_unix_secs(NOW_SECS), monotonic: Duration::from_secs(1) };

static TOKEN: LazyLock<String> = LazyLock::new(|| {
    sign(
        br#"{"alg":"HS256"}"#,
        br#"{"iss":"iss","aud":"aud","sub":"sub","name":"N","type":"access","role":"USER","exp":1750000600}"#,
    )
});

/// One authorizer as it is by default, and one that is told all it can be.
static AUTHORIZERS: LazyLock<(Runtime, [Authorizer; 2])> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let authorizer = |more: &[(&str, &str)]| {
        let common = [("JWT_SECRET", SECRET), ("JWT_ISSUER", "iss"), ("JWT_AUDIENCE", "aud")];
        let settings = Settings::read(&|name| {
            let mut found = more.iter().chain(&common).filter(|(candidate, _)| *candidate == name);
            found.next().map(|(_, value)| (*value).to_owned())
        });
        runtime.block_on(Authorizer::new(settings.expect("settings"), |_| ()))
    };
    let rules = r#"[{"methods":["*"],"path":"/api/*","role":"USER"},{"methods":["*"],"path":"/api/admin/*","role":"ADMIN"}]"#;
    let more = [
        ("TOKEN_SOURCES", "header:Authorization,cookie:session,query:access_token,header:X-Token"),
        ("ACCESS_RULES", rules),
        ("HTTP_API_RESPONSE", "policy"),
        ("ON_INVALID_TOKEN", "deny"),
        ("JWT_DEFAULT_ROLE", "USER"),
        ("JWT_ACCEPT_UNTYPED", "true"),
        ("POLICY_EXPIRY", "off"),
    ];
    let both = [authorizer(&[]), authorizer(&more)];
    (runtime, both)
});

/// Whether the answer lets a request pass as somebody.
fn allows(answer: &Value) -> bool {
    let statements = answer["policyDocument"]["Statement"].as_array().into_iter().flatten();
    let by_policy = statements.into_iter().any(|statement| statement["Effect"] == "Allow");
    let headers = ["headers", "multiValueHeaders"].map(|map| answer[map].as_object());
    let named = headers.into_iter().flatten().any(|headers| headers.contains_key("X-Auth-Sub"));
    let by_status = answer["statusCode"] == 200 && (named || !answer["body"].to_string().contains("status"));
    by_policy || answer["isAuthorized"] == true || by_status
}

/// Gateways take a null anywhere for a broken authorizer.
fn has_null(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn replace(event: &mut Value, token: &str) {
    match event {
        Value::String(text) => *text = text.replace("TOKEN", token),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, token)),
        Value::Object(members) => {
            // The kind of an event has that name too.
            members
                .iter_mut()
                .filter(|(name, _)| *name != "type")
                .for_each(|(_, value)| replace(value, token));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn handle(authorizer: &Authorizer, event: Value, may_allow: bool) {
    let (runtime, _) = &*AUTHORIZERS;
    let answer = runtime.block_on(authorizer.handle(LambdaEvent::new(event, Context::default()), NOW));
    let Ok(answer) = answer else { return };
    let text = answer.get();
    let answer: Value = serde_json::from_str(text).expect("JSON");
    assert!(text.len() <= 16_384 && !has_null(&answer), "{text}");
    assert!(!text.contains(SECRET));
    assert!(may_allow || !allows(&answer), "{text}");
}

fuzz_target!(|data: &[u8]| {
    let Ok(mut event) = serde_json::from_slice::<Value>(data) else { return };
    let (_, authorizers) = &*AUTHORIZERS;
    for authorizer in authorizers {
        handle(authorizer, event.clone(), false);
    }
    replace(&mut event, &TOKEN);
    for authorizer in authorizers {
        handle(authorizer, event.clone(), true);
    }
});
