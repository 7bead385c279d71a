//! Answers while they are made: with a model that the test holds and lets go,
//! so that it is the order of events that shows it, and not time.

use serde_json::json;
use tokio::{net::TcpStream, time::timeout};

use crate::{
    PATIENCE,
    client::events,
    door::Door,
    model::Model,
    reader::{ask, kept, message},
    scene::{Scene, Tokens},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_words_arrive_before_the_model_has_said_the_last() {
    let model = Model::start().await;
    let system = model.system(tests::place!("chat-live")).await;
    let tokens = Tokens::of(&system).await;
    for door in Door::STREAMING {
        let john = Scene::at(door, &system, &tokens).john;
        let completion = json!({
            "model": "stand-in", "stream": true, "messages": [{"role": "user", "content": "Hello"}],
        });
        for (path, body) in [("/api/chat", message("Hello")), ("/v1/chat/completions", completion)] {
            let story = async {
                let asking = async { ask(&john, path, &body).await };
                let answering = async {
                    let mut call = model.asked().await;
                    call.begin().await;
                    call.say("first ").await;
                    call
                };
                let (mut reader, mut call) = tokio::join!(asking, answering);
                reader.until("first ").await;
                assert!(!reader.read.contains("last"));
                call.say("last").await;
                reader.until("last").await;
                call.finish().await;
                let read = reader.rest().await;
                let end = events(&read).pop().unwrap();
                assert!(end.name == "done" || end.data == "[DONE]", "{read}");
            };
            let told = timeout(PATIENCE, story).await;
            assert!(told.is_ok(), "{path} through {} holds the answer back", door.name());
        }
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_the_call_where_anybody_is_told() {
    let model = Model::start().await;
    let system = model.system(tests::place!("chat-leaving")).await;
    let tokens = Tokens::of(&system).await;
    for door in Door::STREAMING {
        let john = Scene::at(door, &system, &tokens).john;
        let story = async {
            let body = message("Hello");
            let asking = async { ask(&john, "/api/chat", &body).await };
            let answering = async {
                let mut call = model.asked().await;
                call.begin().await;
                call.say("first ").await;
                call
            };
            let (mut reader, mut call) = tokio::join!(asking, answering);
            reader.until("first ").await;
            let start = events(&reader.read).remove(0).json();
            let conversation = start["conversation_id"].as_str().unwrap().to_owned();
            drop(reader);
            if door.tells_of_leaving() {
                call.cancelled().await;
                let answer = kept(&john, &conversation, "cut").await;
                assert_eq!(answer["text"], "first ");
            } else {
                // Lambda lets the function go on to its end.
                call.say("last").await;
                call.finish().await;
                let answer = kept(&john, &conversation, "complete").await;
                assert_eq!(answer["text"], "first last");
            }
        };
        assert!(timeout(PATIENCE, story).await.is_ok(), "{}", door.name());
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_under_way_is_finished_before_the_server_ends() {
    let model = Model::start().await;
    let system = model.system(tests::place!("chat-stopping")).await;
    let tokens = Tokens::of(&system).await;
    let john = Scene::at(Door::Plain, &system, &tokens).john;
    let story = async {
        let body = message("Hello");
        let asking = async { ask(&john, "/api/chat", &body).await };
        let answering = async {
            let mut call = model.asked().await;
            call.begin().await;
            call.say("first ").await;
            call
        };
        let (mut reader, mut call) = tokio::join!(asking, answering);
        reader.until("first ").await;
        let stopping = tokio::spawn(system.stop());
        // It has been told to end, and takes nobody else.
        while TcpStream::connect(john.address()).await.is_ok() {}
        call.say("last").await;
        call.finish().await;
        let read = reader.rest().await;
        let events = events(&read);
        assert_eq!(events.last().unwrap().name, "done", "{read}");
        stopping.await.unwrap();
    };
    assert!(timeout(PATIENCE, story).await.is_ok());
}
