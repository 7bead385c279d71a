//! A request that is sent again is not answered anew.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::Answer,
    scene::{Case, Scene, cases, unique},
};

pub(super) const CASES: &[(&str, Case)] = cases![
    the_same_request_gets_the_same_answer,
    another_request_does_not,
    a_key_is_visible_ascii,
    a_key_is_its_callers_own,
];

async fn send(client: &crate::client::Client, key: &str, body: &Value) -> Answer {
    Answer::of(client.request(Method::POST, "/api/chat").header("idempotency-key", key).json(body)).await
}

async fn the_same_request_gets_the_same_answer(scene: Scene) {
    let (key, body) = (unique("key"), json!({"message": "Once"}));
    let first = send(&scene.john, &key, &body).await.expect(200).json();
    let again = send(&scene.john, &key, &body).await.expect(200).json();
    assert_eq!(again, first);
    let path = format!("/api/conversations/{}/messages", first["conversation_id"].as_str().unwrap());
    let kept = scene.john.get(&path).await.expect(200).json();
    assert_eq!(kept["messages"].as_array().unwrap().len(), 2, "{kept}");

    let (key, body) = (unique("key"), json!({"message": "Once", "stream": true}));
    let first = send(&scene.john, &key, &body).await.expect(200).events();
    let again = send(&scene.john, &key, &body).await.expect(200).events();
    assert_eq!(again.first(), first.first());
    assert_eq!(again.last(), first.last());
}

async fn another_request_does_not(scene: Scene) {
    let key = unique("key");
    send(&scene.john, &key, &json!({"message": "One"})).await.expect(200);
    send(&scene.john, &key, &json!({"message": "Two"})).await.problem(422, "idempotency-mismatch");
}

async fn a_key_is_visible_ascii(scene: Scene) {
    let body = json!({"message": "Hello"});
    send(&scene.john, &"k".repeat(255), &body).await.expect(200);
    for key in ["two words", &"k".repeat(256)] {
        send(&scene.john, key, &body).await.problem(400, "invalid-request");
    }
}

async fn a_key_is_its_callers_own(scene: Scene) {
    let (key, body) = (unique("key"), json!({"message": "Hello"}));
    let johns = send(&scene.john, &key, &body).await.expect(200).json();
    let adas = send(&scene.ada, &key, &json!({"message": "Something else"})).await.expect(200).json();
    assert_eq!(adas["response"], "Hello Ada Admin, your message was: Something else");
    assert_ne!(adas["conversation_id"], johns["conversation_id"]);
    assert_eq!(send(&scene.john, &key, &body).await.expect(200).json(), johns);
}
