//! Who gets in.

use local::demo;
use reqwest::{Method, header::HeaderMap};
use serde_json::json;

use crate::{
    client::{Answer, Client},
    door::Door,
    scene::{Case, Scene, cases},
};

/// The origin of a page that is not the chatbot's own.
const ELSEWHERE: &str = "https://app.example.com";

pub(super) const CASES: &[(&str, Case)] = cases![
    nobody_gets_in_without_a_token,
    a_bad_token_is_refused_with_a_challenge,
    page_and_health_are_open,
    a_browser_may_ask_first,
    a_page_elsewhere_reads_every_answer,
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
    // The last one is of OpenAI's own clients.
    let asked = ["authorization", "content-type", "idempotency-key", "x-stainless-lang"];
    for path in ["/api/chat", "/v1/chat/completions"] {
        let question = scene.nobody.request(Method::OPTIONS, path).header("origin", ELSEWHERE);
        let question = question.header("access-control-request-method", "POST");
        let answer = Answer::of(question.header("access-control-request-headers", asked.join(","))).await;
        assert!([200, 204].contains(&answer.status), "{}", answer.status);
        shared(&answer.headers);
        assert!(answer.header("access-control-allow-methods").contains("POST"), "{:?}", answer.headers);
        for name in asked {
            assert!(answer.header("access-control-allow-headers").contains(name), "{:?}", answer.headers);
        }
    }
}

async fn a_page_elsewhere_reads_every_answer(scene: Scene) {
    let ask = |caller: &Client, method, path| caller.request(method, path).header("origin", ELSEWHERE);
    for (caller, path, status) in [
        (&scene.john, "/api/usage", 200),
        (&scene.john, "/v1/models", 200),
        (&scene.john, "/api/conversations/nothing", 404),
        (&scene.john, "/v1/nothing", 404),
        (&scene.nobody, "/api/usage", 401),
    ] {
        shared(&Answer::of(ask(caller, Method::GET, path)).await.expect(status).headers);
    }
    let hello = json!({"message": "Hello", "stream": true});
    let stream = Answer::of(ask(&scene.john, Method::POST, "/api/chat").json(&hello)).await.expect(200);
    assert!(stream.events().len() > 1, "{}", stream.text);
    shared(&stream.headers);
    assert!(stream.header("access-control-expose-headers").to_lowercase().contains("retry-after"));
}

/// Makes sure that a browser hands the answer to a page of another origin: said
/// twice, it does not.
#[track_caller]
fn shared(headers: &HeaderMap) {
    let said: Vec<_> = headers.get_all("access-control-allow-origin").iter().collect();
    assert_eq!(said, ["*"], "{headers:?}");
}
