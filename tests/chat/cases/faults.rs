//! What is said to requests that make no sense.

use reqwest::Method;
use serde_json::json;

use crate::{
    client::Answer,
    scene::{Case, Scene, cases},
};

pub(super) const CASES: &[(&str, Case)] = cases![
    what_is_not_there_is_not_found,
    another_method_is_not_allowed,
    a_body_is_the_object_asked_for,
    what_is_too_large_is_refused,
    pages_have_limits_and_cursors_of_ours,
];

async fn what_is_not_there_is_not_found(scene: Scene) {
    let some_id = scene.conversation("Hello").await;
    for path in [
        "/api/nothing",
        "/api/chat/",
        "/api/conversations/",
        "/api/conversations/x",
        "/api/conversations/..%2F..%2Fusage",
        &format!("/api/conversations/{some_id}/nothing"),
        &format!("/api/conversations/{}", "0".repeat(some_id.len())),
    ] {
        let answer = scene.john.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        answer.problem(404, "not-found");
    }
}

async fn another_method_is_not_allowed(scene: Scene) {
    for (method, path) in [
        (Method::GET, "/api/chat"),
        (Method::DELETE, "/api/chat"),
        (Method::POST, "/api/usage"),
        (Method::PUT, "/api/conversations"),
    ] {
        Answer::of(scene.john.request(method, path)).await.problem(405, "method-not-allowed");
    }
}

async fn a_body_is_the_object_asked_for(scene: Scene) {
    for body in ["", "{", "[]", "null", "\"Hello\"", "{}", r#"{"message":1}"#, r#"{"message":"a"}x"#] {
        let request = scene.john.request(Method::POST, "/api/chat");
        let request = request.header("content-type", "application/json").body(body);
        Answer::of(request).await.problem(400, "invalid-request");
    }
    for body in [
        json!({"message": ""}),
        json!({"message": " \n"}),
        json!({"message": "Hello", "conversation_id": "x"}),
        json!({"message": "Hello", "max_tokens": 0}),
        json!({"message": "Hello", "max_tokens": -1}),
        json!({"message": "Hello", "stream": "yes"}),
    ] {
        scene.john.post("/api/chat", &body).await.problem(400, "invalid-request");
    }
}

async fn what_is_too_large_is_refused(scene: Scene) {
    let message = |bytes: usize| json!({"message": "x".repeat(bytes)});
    scene.john.post("/api/chat", &message(32 * 1024)).await.expect(200);
    scene.john.post("/api/chat", &message(32 * 1024 + 1)).await.problem(413, "too-large");
    let answer = scene.john.post("/api/chat", &message(1024 * 1024)).await;
    if scene.door.takes_a_megabyte() {
        answer.problem(413, "too-large");
    } else {
        answer.expect(413);
    }
}

async fn pages_have_limits_and_cursors_of_ours(scene: Scene) {
    let id = scene.conversation("Hello").await;
    for path in ["/api/conversations".to_owned(), format!("/api/conversations/{id}/messages")] {
        for query in ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "cursor=x", "cursor=%00"] {
            scene.john.get(&format!("{path}?{query}")).await.problem(400, "invalid-request");
        }
    }
}
