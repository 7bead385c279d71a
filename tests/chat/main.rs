//! The chatbot's contract, held through every door: the same cases, whatever
//! stands in front. Then what only shows while an answer is being made.

mod breaking;
mod cases;
mod client;
mod door;
mod live;
mod model;
mod reader;
mod scene;

use std::time::Duration;

use client::{Answer, Client};
use door::Door;
use local::{Kind, demo};
use scene::{Scene, Tokens, sign_in};
use serde_json::json;

/// Far more than any of this takes; a hang must not be one for ever.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn every_door_holds_the_contract() {
    let system = tests::start(tests::place!("chat"), &[]).await;
    let tokens = Tokens::of(&system).await;
    let mut broken = Vec::new();
    for door in Door::ALL {
        let scene = Scene::at(door, &system, &tokens);
        for (name, case) in cases::ALL.iter().copied().flatten() {
            let checked = tokio::time::timeout(PATIENCE, tokio::spawn(case(scene.clone()))).await;
            // What went wrong is on standard error, where panics go.
            if !matches!(checked, Ok(Ok(()))) {
                broken.push(format!("{name} through {}", door.name()));
            }
        }
    }
    assert!(broken.is_empty(), "broken:\n{}", broken.join("\n"));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_through_every_other_door() {
    let system = tests::start(tests::place!("chat-doors"), &[]).await;
    let tokens = Tokens::of(&system).await;
    let scenes = Door::ALL.map(|door| Scene::at(door, &system, &tokens));
    let id = scenes[0].conversation("Hello").await;
    for scene in &scenes {
        let message = scene.door.name();
        scene.john.chat(&json!({"message": message, "conversation_id": id})).await;
    }
    for scene in &scenes {
        let path = format!("/api/conversations/{id}/messages?limit=100");
        let messages = scene.john.get(&path).await.expect(200).json();
        let said = messages["messages"].as_array().unwrap().iter().rev();
        let said: Vec<_> = said.filter(|message| message["role"] == "user").map(|m| &m["text"]).collect();
        let expected: Vec<_> = ["Hello"].into_iter().chain(Door::ALL.map(Door::name)).collect();
        assert_eq!(said, expected, "{}", scene.door.name());
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_opens_no_door() {
    let system = tests::start(tests::place!("chat-revoked"), &[]).await;
    let pair = sign_in(&system, local::DEMO_USER).await;
    for door in Door::ALL {
        Client::new(door.url(&system), Some(&pair.access)).get("/api/usage").await.expect(200);
    }
    let issuer = demo::Client::of(&system, Kind::RestToken);
    issuer.log_out(&pair.access, "this").await.unwrap().expect(204).unwrap();
    for door in Door::ALL {
        let client = Client::new(door.url(&system), Some(&pair.access));
        // Caches last for seconds. What is asked without a pause ends with them.
        let refused = async { while client.get("/api/usage").await.status == 200 {} };
        let refused = tokio::time::timeout(PATIENCE, refused).await;
        assert!(refused.is_ok(), "{} still lets the token in", door.name());
        client.get("/api/usage").await.expect(401);
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_sign_in_from_every_door() {
    let system = tests::start(tests::place!("chat-page"), &[]).await;
    let issuer = Client::new(system.issuer_url(), None);
    for door in Door::ALL {
        let page = Client::new(door.url(&system), None).get("/").await.expect(200);
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&system.issuer_url()), "{}: {policy}", door.name());

        let origin = door.url(&system);
        for origin in [origin.clone(), origin.replace("127.0.0.1", "localhost")] {
            let question = issuer.request(reqwest::Method::OPTIONS, "/login");
            let question = question.header("origin", &origin).header("access-control-request-method", "POST");
            let answer = Answer::of(question).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{}", door.name());
        }
    }
    let stranger = issuer.request(reqwest::Method::OPTIONS, "/login").header("origin", "http://127.0.0.1:1");
    let answer = Answer::of(stranger.header("access-control-request-method", "POST")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    system.stop().await;
}
