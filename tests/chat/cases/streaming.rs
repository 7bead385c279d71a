//! Answers as events: the same ones through doors that cannot stream, all at
//! once.

use reqwest::Method;
use serde_json::json;

use crate::{
    client::Answer,
    scene::{Case, Scene, cases},
};

pub(super) const CASES: &[(&str, Case)] = cases![
    an_answer_is_start_deltas_usage_and_done,
    the_accept_header_asks_for_events_too,
    what_fails_before_the_first_event_is_an_error,
];

#[track_caller]
fn check(answer: &Answer) -> String {
    let events = answer.events();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    let [start, deltas @ .., usage, done] = events.as_slice() else { panic!("{names:?}") };
    assert_eq!((start.name.as_str(), usage.name.as_str(), done.name.as_str()), ("start", "usage", "done"));
    assert!(deltas.len() > 1 && deltas.iter().all(|delta| delta.name == "delta"), "{names:?}");
    let text = |event: &crate::client::Event| event.json()["text"].as_str().unwrap().to_owned();
    let text: String = deltas.iter().map(text).collect();
    assert_eq!(text, "Hello John Doe, your message was: One two");
    for member in ["conversation_id", "message_id", "user_message_id"] {
        assert!(start.json()[member].is_string(), "{member}");
    }
    for member in ["input_tokens", "output_tokens"] {
        assert!(usage.json()[member].as_u64().is_some_and(|tokens| tokens > 0), "{member}");
    }
    assert_eq!(done.json(), json!({"finish_reason": "stop"}));
    start.json()["conversation_id"].as_str().unwrap().to_owned()
}

async fn an_answer_is_start_deltas_usage_and_done(scene: Scene) {
    let body = json!({"message": "One two", "stream": true});
    let id = check(&scene.john.post("/api/chat", &body).await.expect(200));
    let kept = scene.john.get(&format!("/api/conversations/{id}/messages")).await.expect(200).json();
    assert_eq!(kept["messages"][0]["text"], "Hello John Doe, your message was: One two");
    assert_eq!(kept["messages"][0]["status"], "complete");
}

async fn the_accept_header_asks_for_events_too(scene: Scene) {
    let request = scene.john.request(Method::POST, "/api/chat").json(&json!({"message": "One two"}));
    check(&Answer::of(request.header("accept", "text/event-stream")).await.expect(200));
}

async fn what_fails_before_the_first_event_is_an_error(scene: Scene) {
    let deleted = scene.conversation("Hello").await;
    scene.john.delete(&format!("/api/conversations/{deleted}")).await.expect(204);
    let body = json!({"message": "Hello", "stream": true, "conversation_id": deleted});
    scene.john.post("/api/chat", &body).await.problem(404, "not-found");
    let body = json!({"message": "", "stream": true});
    scene.john.post("/api/chat", &body).await.problem(400, "invalid-request");
}
