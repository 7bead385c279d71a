//! Every sample event, answered by the function it is for.
//!
//! The events are what developers invoke with, so each must work as it is: with
//! the development secret, and with the check of the longest lifetime switched
//! off, because their tokens are good until 2100.

mod table;

use std::{collections::BTreeSet, fs, path::Path, sync::Mutex, time::Duration};

use authorizer::{Authorizer, HandlerError, Settings};
use expect_test::expect;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use token::{AccessClaims, Algorithm, AlgorithmSet, Key, KeyRing, Minter, Moment, Role, Timestamp};

const NOW: Moment = Moment {
    subsec_millis: 0,
    wall: Timestamp::from_unix_secs(1_767_226_200),
    monotonic: Duration::from_secs(1),
};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events")
}

fn sample(name: &str) -> Value {
    let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn settings(changes: &[(&str, &str)]) -> Settings {
    let secret = folder().join("development-secret.txt");
    let base = [
        ("JWT_SECRET_FILE", secret.to_str().unwrap()),
        ("JWT_ISSUER", "https://auth.example.com"),
        ("JWT_AUDIENCE", "chatbot"),
        ("JWT_MAX_LIFETIME_SECONDS", "0"),
    ];
    let environment = |name: &str| {
        let mut found = changes.iter().chain(&base).filter(|(candidate, _)| *candidate == name);
        found.next().map(|(_, value)| (*value).to_owned())
    };
    Settings::read(&environment).unwrap()
}

fn authorizer(changes: &[(&str, &str)]) -> Authorizer {
    Authorizer::with_aws(settings(changes), None, |line| print!("{line}"))
}

async fn answer(event: Value, changes: &[(&str, &str)]) -> Result<Value, HandlerError> {
    let answer = authorizer(changes).handle(LambdaEvent::new(event, Context::default()), NOW).await;
    answer.map(|answer| serde_json::from_str(answer.get()).unwrap())
}

fn assert_no_null(value: &Value) {
    assert!(!value.to_string().contains("null"), "{value}");
}

/// The kinds that get a policy or the simple form of a gateway's answer.
const AUTHORIZER_SAMPLES: [&str; 3] = ["rest-token", "rest-request", "http-v2"];

/// The other kinds, which the table reads.
const FURTHER_SAMPLES: [&str; 8] = [
    "http-v1",
    "websocket-connect",
    "appsync",
    "alb",
    "alb-multi-value",
    "function-url",
    "lattice-v1",
    "lattice-v2",
];

#[tokio::test]
async fn each_kind_gets_a_policy_for_the_whole_stage() {
    for name in AUTHORIZER_SAMPLES {
        let answer = answer(sample(name), &[("HTTP_API_RESPONSE", "policy")]).await.unwrap();
        assert_no_null(&answer);
        assert_eq!(answer["principalId"], "123456", "{name}");
        assert_eq!(answer["context"]["name"], "John Doe");
        assert_eq!(answer["context"]["exp"], "4102444800");
        assert!(answer["context"].as_object().unwrap().values().all(Value::is_string));
        let statement = &answer["policyDocument"]["Statement"][0];
        let stage = if name == "http-v2" { "$default" } else { "prod" };
        let resource = format!("arn:aws:execute-api:us-east-1:123456789012:abcdef1234/{stage}/*");
        assert_eq!(
            (&statement["Effect"], &statement["Resource"]),
            (&json!("Allow"), &json!([resource])),
            "{name}"
        );
        assert_eq!(statement["Condition"]["DateLessThanIfExists"]["aws:CurrentTime"], "2100-01-01T00:00:30Z");
    }
}

#[tokio::test]
async fn an_http_api_gets_the_simple_form_by_default() {
    let answer = answer(sample("http-v2"), &[]).await.unwrap();
    assert_no_null(&answer);
    assert_eq!((&answer["isAuthorized"], &answer["context"]["sub"]), (&json!(true), &json!("123456")));
    assert_eq!(answer.as_object().unwrap().len(), 2, "and nothing of the other form");
}

/// The event with every occurrence of its token changed by `edit`.
fn with_token(name: &str, edit: impl Fn(&str) -> String) -> Value {
    let text = sample(name).to_string();
    let start = text.find("eyJ").unwrap();
    let token: String = text[start..].chars().take_while(|letter| *letter != '"').collect();
    serde_json::from_str(&text.replace(&token, &edit(&token))).unwrap()
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_answered_with_the_one_word() {
    for name in AUTHORIZER_SAMPLES {
        for event in [
            with_token(name, |token| token.replace("eyJ", "eyK")),
            with_token(name, |token| format!("{token}x")),
            with_token(name, |token| format!("{token},{token}")),
            with_token(name, |_| String::new()),
            with_token(name, |_| "x".repeat(100_000)),
        ] {
            let refusal = answer(event.clone(), &[]).await.unwrap_err();
            assert_eq!(refusal.to_string(), "Unauthorized", "{name}");
            let denied = answer(event, &[("ON_INVALID_TOKEN", "deny")]).await.unwrap();
            assert_no_null(&denied);
            let effect = &denied["policyDocument"]["Statement"][0]["Effect"];
            assert!(denied["isAuthorized"] == json!(false) || effect == "Deny", "{denied}");
        }
    }
}

#[tokio::test]
async fn two_tokens_in_one_request_are_refused() {
    let mut rest = sample("rest-request");
    let token = rest["headers"]["Authorization"].clone();
    rest["multiValueHeaders"]["Authorization"] = json!([token, "Bearer other"]);
    assert_eq!(answer(rest, &[]).await, Err(HandlerError::Unauthorized));
    let mut http = sample("http-v2");
    http["cookies"] = json!(["session=a.b.c"]);
    let both = [("TOKEN_SOURCES", "header:Authorization,cookie:session")];
    assert_eq!(answer(http, &both).await, Err(HandlerError::Unauthorized));
}

#[tokio::test]
async fn a_caller_without_the_role_is_forbidden_and_not_unknown() {
    let rules = r#"[{"methods":["*"],"path":"/api/*","role":"ADMIN"}]"#;
    let rest = answer(sample("rest-token"), &[("ACCESS_RULES", rules)]).await.unwrap();
    assert_eq!(rest["policyDocument"]["Statement"][0]["Effect"], "Deny");
    assert_eq!(rest["principalId"], "123456", "who it is stays known");
    let http = answer(sample("http-v2"), &[("ACCESS_RULES", rules)]).await.unwrap();
    assert_eq!(http, json!({"isAuthorized": false}));
}

#[tokio::test]
async fn the_route_at_hand_does_not_change_the_policy() {
    let mut elsewhere = sample("rest-token");
    let arn = elsewhere["methodArn"].as_str().unwrap().replace("POST/api/chat", "GET/*/${aws:username}?x");
    elsewhere["methodArn"] = json!(arn);
    let rules = [("ACCESS_RULES", r#"[{"methods":["POST"],"path":"/api/*","role":"USER"}]"#)];
    let policy = |answer: Value| answer["policyDocument"].clone();
    assert_eq!(
        policy(answer(elsewhere, &rules).await.unwrap()),
        policy(answer(sample("rest-token"), &rules).await.unwrap())
    );
}

#[tokio::test]
async fn an_event_of_no_known_kind_is_an_error_that_says_so_and_never_an_answer() {
    for event in [
        json!({}),
        json!([]),
        json!({"type": "OTHER", "methodArn": "x"}),
        json!({"type": "TOKEN", "authorizationToken": "Bearer x"}),
        json!({"type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": "arn:aws:s3:::bucket"}),
        json!({"type": "REQUEST", "version": "1.0"}),
        json!({"type": "REQUEST", "requestContext": {"eventType": "CONNECT", "connectionId": "x"}}),
        json!({"type": 7, "requestContext": {"elb": {}}}),
        json!({"version": "2.0", "requestContext": {}}),
        json!({"httpMethod": "GET", "requestContext": {"identity": {}}}),
        sample("chat-rest"),
        sample("chat-http-v2"),
        sample("rotation-create-secret"),
    ] {
        let error = answer(event.clone(), &[]).await.unwrap_err();
        assert!(matches!(error, HandlerError::Event(_)), "{event}: {error}");
    }
}

#[tokio::test]
async fn null_maps_and_odd_headers_are_no_error() {
    for (map, value) in [
        ("multiValueHeaders", Value::Null),
        ("queryStringParameters", Value::Null),
        ("requestContext", Value::Null),
        ("stageVariables", Value::Null),
    ] {
        let mut event = sample("rest-request");
        event[map] = value;
        assert_eq!(answer(event, &[]).await.unwrap()["principalId"], "123456", "{map}");
    }
    let mut event = sample("http-v2");
    event["identitySource"] = Value::Null;
    event["cookies"] = Value::Null;
    event["headers"]["x-odd"] = json!("line\nbreak\u{0}");
    assert_eq!(answer(event, &[]).await.unwrap()["isAuthorized"], true);
    let mut event = sample("http-v2");
    event["headers"] = Value::Null;
    assert_eq!(answer(event, &[]).await, Err(HandlerError::Unauthorized));
}

/// A token of the development secret for somebody with that name.
fn named(name: &str) -> String {
    let secret = fs::read_to_string(folder().join("development-secret.txt")).unwrap();
    let algorithms = AlgorithmSet::only(Algorithm::HS256);
    let ring = KeyRing::plain(Key::new(None, algorithms, secret.trim_end().as_bytes()).unwrap(), None);
    let minter = Minter { issuer: "https://auth.example.com".into(), audience: vec!["chatbot".into()] };
    let claims = AccessClaims {
        sub: "123456".into(),
        username: None,
        name: Some(name.into()),
        email: None,
        role: Role::User,
        sid: None,
        jti: "too-long-to-be-sent".into(),
        issued_at: NOW.wall,
        expires_at: NOW.wall.plus(60),
    };
    minter.mint(&claims, &ring, NOW.wall).unwrap()
}

#[tokio::test]
async fn an_answer_too_large_for_a_gateway_is_an_error_and_counted_as_one() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let rule = r#"{"methods":["GET","POST","PUT"],"path":"/api/a/long/path/of/a/resource/*","role":"USER"}"#;
    let rules = format!("[{}]", [rule; 13].join(","));
    let settings = settings(&[("ACCESS_RULES", &rules)]);
    let authorizer = Authorizer::with_aws(settings, None, |line| LINES.lock().unwrap().push(line.into()));
    let ask = async |name: &str| {
        let event = with_token("rest-token", |_| named(name));
        authorizer.handle(LambdaEvent::new(event, Context::default()), NOW).await
    };
    ask("John").await.unwrap();
    assert_eq!(ask(&"x".repeat(5000)).await.unwrap_err(), HandlerError::AnswerTooLarge);
    let outcomes = LINES
        .lock()
        .unwrap()
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["Outcome"].clone())
        .collect::<Vec<_>>();
    assert_eq!(outcomes, ["forbidden", "unavailable"]);
}

#[tokio::test]
async fn a_developer_is_told_which_check_failed_and_never_shown_the_token() {
    let token = sample("rest-token")["authorizationToken"].as_str().unwrap().to_owned();
    let told = authorizer(&[("JWT_AUDIENCE", "billing")]).explain(&sample("rest-request"), NOW).await;
    expect![[r#"
        kind      rest_request
        route     POST /api/chat
        token     in header:Authorization
        header    alg HS256, without kid
        check     exactly one token: passed
        check     size: passed
        check     shape: passed
        check     algorithm: passed
        check     key: passed
        check     signature: passed
        check     issuer: passed
        check     audience: failed (audience)
        check     times: not reached
        check     token type: not reached
        check     subject and role: not reached
        check     not revoked: not reached
        check     route: not reached
        decision  unauthenticated
        client    401
        answer    error "Unauthorized"
    "#]]
    .assert_eq(&told);
    assert!(!told.contains(token.trim_start_matches("Bearer ")));
    let told = authorizer(&[]).explain(&sample("http-v2"), NOW).await;
    assert!(told.contains("client    the backend's answer") && !told.contains("failed"), "{told}");
    let told = authorizer(&[]).explain(&sample("chat-rest"), NOW).await;
    expect![[r"
        kind      the event is for an integration behind an authorizer, not for an authorizer
        client    500: the function fails
    "]]
    .assert_eq(&told);
}

#[test]
fn every_sample_is_read_here() {
    let files =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let samples =
        files.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect::<BTreeSet<_>>();
    let others = ["chat-rest", "chat-http-v2", "rotation-create-secret"];
    let read =
        AUTHORIZER_SAMPLES.into_iter().chain(FURTHER_SAMPLES).chain(others).map(str::to_owned).collect();
    assert_eq!(samples, read);
}
