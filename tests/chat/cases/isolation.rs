//! What is one caller's is nobody else's, whatever role that other has.

use serde_json::json;

use crate::scene::{Case, Scene, cases};

pub(super) const CASES: &[(&str, Case)] = cases![
    nobody_reads_or_changes_what_is_anothers,
    lists_and_cursors_show_only_ones_own,
    nobody_spends_for_another,
];

async fn nobody_reads_or_changes_what_is_anothers(scene: Scene) {
    let id = scene.conversation("Mine").await;
    let path = format!("/api/conversations/{id}");
    let before = scene.john.get(&path).await.expect(200).json();

    let ada = &scene.ada;
    ada.get(&path).await.problem(404, "not-found");
    ada.get(&format!("{path}/messages")).await.problem(404, "not-found");
    ada.patch(&path, &json!({"title": "Hers"})).await.problem(404, "not-found");
    ada.delete(&path).await.problem(404, "not-found");
    for stream in [false, true] {
        let body = json!({"message": "Let me in", "conversation_id": id, "stream": stream});
        ada.post("/api/chat", &body).await.problem(404, "not-found");
    }

    assert_eq!(scene.john.get(&path).await.expect(200).json(), before);
    let kept = scene.john.get(&format!("{path}/messages")).await.expect(200).json();
    assert_eq!(kept["messages"].as_array().unwrap().len(), 2, "{kept}");
}

async fn lists_and_cursors_show_only_ones_own(scene: Scene) {
    let johns = scene.conversation("Mine").await;
    let adas = scene.ada.chat(&json!({"message": "Hers"})).await["conversation_id"].clone();
    // John's newest as a cursor is a place in time and opens nothing of his.
    for query in [String::new(), format!("&cursor={johns}")] {
        let path = format!("/api/conversations?limit=100{query}");
        let list = scene.ada.get(&path).await.expect(200).text;
        assert!(!list.contains(&johns), "{list}");
    }
    let list = scene.ada.get("/api/conversations?limit=1").await.expect(200).json();
    assert_eq!(list["conversations"][0]["id"], adas);
    let list = scene.john.get("/api/conversations?limit=1").await.expect(200).json();
    assert_eq!(list["conversations"][0]["id"], johns);
}

async fn nobody_spends_for_another(scene: Scene) {
    let used = |client: crate::client::Client| async move {
        client.get("/api/usage").await.expect(200).json()["tokens_used"].as_u64().unwrap()
    };
    let (johns, adas) = (used(scene.john.clone()).await, used(scene.ada.clone()).await);
    scene.john.chat(&json!({"message": "A long story"})).await;
    assert_eq!(used(scene.ada.clone()).await, adas);
    assert!(used(scene.john.clone()).await > johns);
}
