//! Who gets in.

use local::demo;
use serde_json::json;

use crate::{
    client::Answer,
    door::Door,
    scene::{Case, Scene, cases},
};

pub(super) const CASES: &[(&str, Case)] = cases![
    nobody_gets_in_without_a_token,
    a_bad_token_is_refused_with_a_challenge,
    page_and_health_are_open,
    a_browser_may_ask_first,
];

/// What is said to somebody without a good token, by the gateway or by the
/// chatbot.
#[track_caller]
pub(super) fn refused(door: Door, path: &str, answer: Answer) {
    let answer = answer.expect(401);
    if let Some(challenge) = door.challenge() {
        let challenge = answer.header(challenge);
        assert!(challenge.starts_with("Bearer"), "{challenge:?} {:?}", answer.headers);
    }
    if door.has_authorizer() {
        assert_eq!(answer.json(), json!({"message": "Unauthorized"}));
    } else if path.starts_with("/v1/") {
        let answer = answer.openai_error(401);
        assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
    } else {
        answer.problem(401, "unauthenticated");
    }
}

async fn nobody_gets_in_without_a_token(scene: Scene) {
    for path in ["/api/usage", "/api/conversations", "/v1/models", "/api/conversations/1/messages"] {
        refused(scene.door, path, scene.nobody.get(path).await);
    }
    let hello = json!({"message": "Hello"});
    for path in ["/api/chat", "/v1/chat/completions"] {
        refused(scene.door, path, scene.nobody.post(path, &hello).await);
    }
}

async fn a_bad_token_is_refused_with_a_challenge(scene: Scene) {
    let tampered = demo::tampered(scene.john.token()).unwrap();
    let unsigned = scene.john.token().rsplit_once('.').unwrap().0.to_owned() + ".";
    for token in ["x", "a.b.c", &tampered, &unsigned, &scene.refresh_token] {
        let caller = scene.john.with(Some(token));
        for path in ["/api/usage", "/v1/models"] {
            refused(scene.door, path, caller.get(path).await);
        }
        refused(scene.door, "/api/chat", caller.post("/api/chat", &json!({"message": "Hello"})).await);
    }
}

async fn page_and_health_are_open(scene: Scene) {
    let page = scene.nobody.get("/").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    assert!(page.header("content-security-policy").contains("default-src 'none'"), "{:?}", page.headers);
    assert!(page.text.contains("</html>"));
    assert_eq!(scene.nobody.get("/healthz").await.expect(200).json(), json!({"status": "ok"}));
}

async fn a_browser_may_ask_first(scene: Scene) {
    if !scene.door.has_authorizer() {
        return;
    }
    let request = scene.nobody.request(reqwest::Method::OPTIONS, "/api/chat");
    let answer = Answer::of(request.header("origin", "https://app.example.com")).await;
    assert!([200, 204].contains(&answer.status), "{}", answer.status);
    assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
}
