//! The chat API as API Gateway calls it.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use token::{Moment, Timestamp};

use super::*;
use crate::{
    backend::Backend,
    router::{Service, router},
};

const EXP: i64 = 1_750_001_800;

async fn answer_at(secs: i64, event: &Value) -> Result<Value, UnknownEvent> {
    let now = Moment { wall: Timestamp::from_unix_secs(secs), monotonic: Duration::ZERO };
    let service = Service { backend: Backend::Echo, leeway_secs: 30, clock: Arc::new(move || now) };
    Front::new(router(service)).answer(event).await
}

async fn answer(event: &Value) -> Value {
    answer_at(EXP - 60, event).await.unwrap()
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

fn john() -> Value {
    json!({"principalId": "123456", "sub": "123456", "name": "John Doe", "role": "USER", "caller": "user", "exp": EXP.to_string()})
}

fn rest(method: &str, path: &str, message: &str, authorizer: &Value) -> Value {
    json!({"httpMethod": method, "path": path, "headers": {"content-type": "application/json"}, "multiValueHeaders": null,
           "requestContext": {"stage": "prod", "authorizer": authorizer}, "body": json!({"message": message}).to_string(),
           "isBase64Encoded": false})
}

fn http_v2(path: &str, message: &str, authorizer: &Value) -> Value {
    json!({"version": "2.0", "rawPath": path, "headers": {},
           "requestContext": {"stage": "prod", "http": {"method": "POST", "path": path}, "authorizer": {"lambda": authorizer}},
           "body": encoded(message), "isBase64Encoded": true})
}

fn encoded(message: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, json!({"message": message}).to_string())
}

#[tokio::test]
async fn a_known_caller_is_answered_by_name() {
    let event = rest("POST", "/api/chat", "How are you?", &john());
    let told = answer(&event).await;
    assert_eq!(told["statusCode"], 200);
    assert_eq!(told["multiValueHeaders"]["content-type"], json!(["application/json"]));
    assert_eq!(body(&told)["response"], "Hello John Doe, your message was: How are you?");
    assert_eq!(body(&told)["usage"], json!({"input_tokens": 3, "output_tokens": 9}));

    let told = answer(&http_v2("/prod/api/chat", "Hi", &john())).await;
    assert_eq!((&told["statusCode"], &told["cookies"]), (&json!(200), &json!([])));
    assert_eq!(body(&told)["response"], "Hello John Doe, your message was: Hi");
}

#[tokio::test]
async fn without_a_readable_context_nobody_is_answered() {
    let mut without_role = john();
    without_role.as_object_mut().unwrap().remove("role");
    for authorizer in
        [Value::Null, json!({}), json!({"principalId": "123456"}), without_role, json!("123456")]
    {
        for event in [rest("POST", "/api/chat", "Hi", &authorizer), http_v2("/api/chat", "Hi", &authorizer)] {
            let told = answer(&event).await;
            assert_eq!(told["statusCode"], 401, "{event}");
            assert_eq!(body(&told)["type"], "urn:latchkey:problem:unauthenticated");
        }
    }
    let mut flat = http_v2("/api/chat", "Hi", &Value::Null);
    flat["requestContext"]["authorizer"] = john();
    assert_eq!(answer(&flat).await["statusCode"], 401, "an HTTP API has its context one level deeper");
}

#[tokio::test]
async fn headers_never_say_who_is_calling() {
    let mut event = rest("POST", "/api/chat", "Hi", &Value::Null);
    event["headers"] = json!({"X-Auth-Sub": "123456", "X-Auth-Role": "ADMIN", "Authorization": "Bearer x"});
    assert_eq!(answer(&event).await["statusCode"], 401);
}

#[tokio::test]
async fn a_context_whose_token_has_ended_is_refused() {
    let event = rest("POST", "/api/chat", "Hi", &john());
    let status = |told: Result<Value, UnknownEvent>| told.unwrap()["statusCode"].clone();
    assert_eq!(status(answer_at(EXP + 29, &event).await), 200, "within the leeway");
    assert_eq!(status(answer_at(EXP + 30, &event).await), 401);
}

#[tokio::test]
async fn health_needs_nobody() {
    let told = answer(&rest("GET", "/healthz", "", &Value::Null)).await;
    assert_eq!((&told["statusCode"], body(&told)), (&json!(200), json!({"status": "ok"})));
}

#[tokio::test]
async fn a_request_that_makes_no_sense_gets_a_clear_answer() {
    for (method, path, message, status, kind) in [
        ("POST", "/api/other", "Hi", 404, "not-found"),
        ("GET", "/api/chat", "Hi", 405, "method-not-allowed"),
        ("POST", "/api/chat", " ", 400, "invalid-request"),
        ("POST", "a b", "Hi", 404, "not-found"),
        ("PO ST", "/api/chat", "Hi", 405, "method-not-allowed"),
        ("POST", "/api/chat", &"x".repeat(40_000), 413, "too-large"),
    ] {
        let told = answer(&rest(method, path, message, &john())).await;
        assert_eq!(
            (&told["statusCode"], &body(&told)["type"]),
            (&json!(status), &json!(format!("urn:latchkey:problem:{kind}")))
        );
    }
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    for body in [
        Value::Null,
        json!("{"),
        json!("[]"),
        json!(r#"{"message":7}"#),
        json!(r#"{"message":"x","conversation_id":"../1"}"#),
    ] {
        event["body"] = body;
        assert_eq!(answer(&event).await["statusCode"], 400, "{event}");
    }
}

#[tokio::test]
async fn odd_headers_and_hosts_break_nothing() {
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    event["headers"] = json!({"Host": "a b", "X-Bad": "line\nbreak", "bad name": "x", "X-Null": null});
    event["multiValueHeaders"] = json!({"X-Two": ["1", "2"], "X-Not-A-List": "x"});
    assert_eq!(answer(&event).await["statusCode"], 200);
}

#[tokio::test]
async fn an_event_for_an_authorizer_is_no_request() {
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    event["type"] = json!("REQUEST");
    assert_eq!(answer_at(EXP, &event).await, Err(UnknownEvent::Authorizer));
    for event in [
        json!([]),
        json!({}),
        json!({"requestContext": {}}),
        json!({"requestContext": {"elb": {}}, "httpMethod": "GET"}),
    ] {
        assert_eq!(answer_at(EXP, &event).await, Err(UnknownEvent::Shape), "{event}");
    }
}
