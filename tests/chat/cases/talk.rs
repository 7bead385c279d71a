//! Messages and their answers.

use serde_json::json;

use crate::scene::{Case, Scene, cases, id};

pub(super) const CASES: &[(&str, Case)] =
    cases![callers_are_answered_by_name, a_conversation_keeps_both_sides, an_answer_is_counted,];

async fn callers_are_answered_by_name(scene: Scene) {
    for (caller, name) in [(&scene.john, "John Doe"), (&scene.ada, "Ada Admin")] {
        let answer = caller.post("/api/chat", &json!({"message": "Grüße"})).await.expect(200);
        assert!(answer.header("content-type").starts_with("application/json"), "{:?}", answer.headers);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let answer = answer.json();
        assert_eq!(answer["response"], format!("Hello {name}, your message was: Grüße"));
        assert_eq!(answer["finish_reason"], "stop");
        for member in ["conversation_id", "message_id", "user_message_id"] {
            assert!(answer[member].as_str().is_some_and(|id| !id.is_empty()), "{member}: {answer}");
        }
    }
}

async fn a_conversation_keeps_both_sides(scene: Scene) {
    let first = scene.john.chat(&json!({"message": "One"})).await;
    let id = id(&first);
    let second = scene.john.chat(&json!({"message": "Two", "conversation_id": id})).await;
    assert_eq!(second["conversation_id"], id);

    let kept = scene.john.get(&format!("/api/conversations/{id}/messages")).await.expect(200).json();
    let kept = kept["messages"].as_array().unwrap().clone();
    let said: Vec<_> = kept.iter().map(|message| (&message["role"], &message["text"])).collect();
    let said = json!(said);
    assert_eq!(
        said,
        json!([
            ["assistant", "Hello John Doe, your message was: Two"],
            ["user", "Two"],
            ["assistant", "Hello John Doe, your message was: One"],
            ["user", "One"],
        ])
    );
    let ids: Vec<_> = kept.iter().map(|message| &message["id"]).collect();
    let told =
        [&second["message_id"], &second["user_message_id"], &first["message_id"], &first["user_message_id"]];
    assert_eq!(ids, told);
    for message in &kept {
        assert_eq!(message["status"], "complete");
        assert!(message["created_at"].as_i64().is_some_and(|time| time > 1_700_000_000));
        let is_answer = message["role"] == "assistant";
        assert_eq!(message.get("finish_reason").is_some(), is_answer);
        assert_eq!(message.get("usage").is_some(), is_answer);
    }
    assert_eq!(kept[0]["usage"], second["usage"]);
}

async fn an_answer_is_counted(scene: Scene) {
    let before = scene.john.get("/api/usage").await.expect(200).json();
    for member in ["tokens_used", "tokens_limit", "resets_at"] {
        assert!(before[member].is_u64(), "{member}: {before}");
    }
    assert!(before["requests_per_minute"].is_null(), "local sets no such limit");
    let day = before["day"].as_str().unwrap();
    assert!(day.len() == 10 && day.split('-').count() == 3, "{day}");

    let usage = &scene.john.chat(&json!({"message": "One two three"})).await["usage"];
    let (input, output) = (usage["input_tokens"].as_u64().unwrap(), usage["output_tokens"].as_u64().unwrap());
    assert!(input > 0 && output > 0, "{usage}");
    let after = scene.john.get("/api/usage").await.expect(200).json();
    let used = after["tokens_used"].as_u64().unwrap() - before["tokens_used"].as_u64().unwrap();
    // At midnight the count begins anew.
    assert!(used == input + output || before["day"] != after["day"], "{before} {after} {usage}");
}
