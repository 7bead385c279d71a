//! Answers that break off after their first words: what clients are told, and
//! what is kept.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    PATIENCE,
    client::{Answer, Client, Event, events},
    door::Door,
    model::Model,
    reader::{ask, kept, message},
    scene::{Scene, Tokens, unique},
};

/// Asks, hears the first words, and then the model breaks off. Returns the
/// events.
async fn broken(john: &Client, model: &Model, path: &str, body: &Value) -> Vec<Event> {
    let asking = async { ask(john, path, body).await };
    let answering = async {
        let mut call = model.asked().await;
        call.begin().await;
        call.say("first ").await;
        call
    };
    let (mut reader, call) = tokio::join!(asking, answering);
    reader.until("first ").await;
    call.break_off().await;
    events(&reader.rest().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_ends_with_an_error_and_is_kept_as_far_as_it_came() {
    let model = Model::start().await;
    let system = model.system(tests::place!("chat-breaking")).await;
    let tokens = Tokens::of(&system).await;
    for door in Door::STREAMING {
        let john = Scene::at(door, &system, &tokens).john;
        let story = async {
            let events = broken(&john, &model, "/api/chat", &message("Hello")).await;
            let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
            assert_eq!(names, ["start", "delta", "error"]);
            let (start, error) = (events[0].json(), events[2].json());
            assert_eq!(error["type"], "urn:latchkey:problem:model-failed", "{error}");
            assert_eq!(error["status"], 502, "{error}");
            assert!(error["title"].is_string(), "{error}");
            let answer = kept(&john, start["conversation_id"].as_str().unwrap(), "cut").await;
            assert_eq!((&answer["id"], &answer["text"]), (&start["message_id"], &json!("first ")));
        };
        assert!(timeout(PATIENCE, story).await.is_ok(), "{}", door.name());
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_that_breaks_off_ends_with_an_error_of_its_format() {
    let model = Model::start().await;
    let system = model.system(tests::place!("chat-breaking-openai")).await;
    let tokens = Tokens::of(&system).await;
    let body = json!({
        "model": "stand-in", "stream": true, "messages": [{"role": "user", "content": "Hello"}],
    });
    for door in Door::STREAMING {
        let john = Scene::at(door, &system, &tokens).john;
        let story = async {
            let events = broken(&john, &model, "/v1/chat/completions", &body).await;
            assert!(events.iter().all(|event| event.name.is_empty() && event.data != "[DONE]"), "{events:?}");
            let Some((last, chunks)) = events.split_last() else { panic!("no events") };
            let (error, said) = (&last.json()["error"], chunks.last().unwrap().json());
            assert_eq!(error["type"], "server_error", "{error}");
            assert_eq!(error["code"], "model-failed", "{error}");
            assert!(error["message"].is_string(), "{error}");
            assert_eq!(said["choices"][0]["delta"]["content"], "first ", "{said}");
            assert!(chunks.iter().all(|chunk| chunk.json()["choices"][0]["finish_reason"].is_null()));
        };
        assert!(timeout(PATIENCE, story).await.is_ok(), "{}", door.name());
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_come_is_there_yet_when_trying_again_fails() {
    let model = Model::start().await;
    let system = model.system(tests::place!("chat-trying-again")).await;
    let tokens = Tokens::of(&system).await;
    for door in Door::STREAMING {
        let john = Scene::at(door, &system, &tokens).john;
        let (key, body) = (unique("key"), message("Hello"));
        let send = || john.request(Method::POST, "/api/chat").header("idempotency-key", &key).json(&body);
        let story = async {
            let answering = async {
                let mut call = model.asked().await;
                call.begin().await;
                call.say("Half of a").await;
                call.break_off().await;
            };
            let (first, ()) = tokio::join!(Answer::of(send()), answering);
            let start = first.events().remove(0).json();
            let conversation = start["conversation_id"].as_str().unwrap();
            let dead = async { model.asked().await.refuse(401).await };
            let (again, ()) = tokio::join!(Answer::of(send()), dead);
            let told = again.problem(502, "model-failed").json();
            assert_eq!(told["message_id"], start["message_id"]);
            assert_eq!(kept(&john, conversation, "cut").await["text"], "Half of a");
        };
        assert!(timeout(PATIENCE, story).await.is_ok(), "{}", door.name());
    }
    system.stop().await;
}
