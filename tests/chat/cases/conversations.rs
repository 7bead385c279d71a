//! Conversations: listed, read, renamed, deleted.

use serde_json::{Value, json};

use crate::scene::{Case, Scene, cases, unique};

pub(super) const CASES: &[(&str, Case)] = cases![
    the_list_is_newest_first_and_comes_in_pages,
    messages_come_in_pages,
    one_is_read_and_renamed,
    a_title_is_one_line_of_some_length,
    one_is_deleted_with_its_messages,
];

fn ids(list: &Value, name: &str) -> Vec<String> {
    let items = list[name].as_array().unwrap_or_else(|| panic!("no {name}: {list}"));
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Reads the first `count` of a list, page by page.
async fn pages(scene: &Scene, path: &str, name: &str, limit: usize, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = format!("{path}?limit={limit}");
    while all.len() < count {
        let page = scene.john.get(&next).await.expect(200).json();
        let items = ids(&page, name);
        assert!(!items.is_empty() && items.len() <= limit, "{page}");
        all.extend(items);
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}?limit={limit}&cursor={cursor}"),
            None => break,
        }
    }
    all.truncate(count);
    all
}

async fn the_list_is_newest_first_and_comes_in_pages(scene: Scene) {
    let mut made = Vec::new();
    for number in 0..5 {
        made.insert(0, scene.conversation(&format!("Number {number}")).await);
    }
    for limit in [1, 2, 5, 100] {
        assert_eq!(pages(&scene, "/api/conversations", "conversations", limit, 5).await, made, "by {limit}");
    }
    let usual = scene.john.get("/api/conversations").await.expect(200).json();
    assert_eq!(ids(&usual, "conversations")[..5], made);
}

async fn messages_come_in_pages(scene: Scene) {
    let id = scene.conversation("One").await;
    for message in ["Two", "Three"] {
        scene.john.chat(&json!({"message": message, "conversation_id": id})).await;
    }
    let path = format!("/api/conversations/{id}/messages");
    let whole = scene.john.get(&path).await.expect(200).json();
    assert!(whole.get("next_cursor").is_none(), "{whole}");
    let whole = ids(&whole, "messages");
    assert_eq!(whole.len(), 6);
    for limit in [1, 4, 6] {
        assert_eq!(pages(&scene, &path, "messages", limit, 100).await, whole, "by {limit}");
    }
}

async fn one_is_read_and_renamed(scene: Scene) {
    let id = scene.conversation("What is a title?").await;
    let path = format!("/api/conversations/{id}");
    let before = scene.john.get(&path).await.expect(200).json();
    assert_eq!(before["id"], id);
    assert!(before["title"].as_str().is_some_and(|title| !title.is_empty()), "{before}");
    assert!(before["created_at"].is_i64() && before["updated_at"].is_i64(), "{before}");

    let title = unique("Übersicht & more");
    let renamed = scene.john.patch(&path, &json!({"title": title})).await.expect(200).json();
    assert_eq!((&renamed["id"], &renamed["title"]), (&json!(id), &json!(title)));
    assert_eq!(scene.john.get(&path).await.expect(200).json(), renamed);
}

async fn a_title_is_one_line_of_some_length(scene: Scene) {
    let path = format!("/api/conversations/{}", scene.conversation("Hello").await);
    scene.john.patch(&path, &json!({"title": "ä".repeat(200)})).await.expect(200);
    for title in [json!(""), json!(" "), json!("ä".repeat(201)), json!("a\nb"), json!(1), json!(null)] {
        scene.john.patch(&path, &json!({"title": title})).await.problem(400, "invalid-request");
    }
    scene.john.patch(&path, &json!({})).await.problem(400, "invalid-request");
}

async fn one_is_deleted_with_its_messages(scene: Scene) {
    let id = scene.conversation("Hello").await;
    let path = format!("/api/conversations/{id}");
    let answer = scene.john.delete(&path).await.expect(204);
    assert_eq!(answer.text, "");
    scene.john.get(&path).await.problem(404, "not-found");
    scene.john.get(&format!("{path}/messages")).await.problem(404, "not-found");
    scene.john.patch(&path, &json!({"title": "Back"})).await.problem(404, "not-found");
    scene.john.delete(&path).await.problem(404, "not-found");
    let more = json!({"message": "Still there?", "conversation_id": id});
    scene.john.post("/api/chat", &more).await.problem(404, "not-found");
    let list = scene.john.get("/api/conversations?limit=100").await.expect(200).json();
    assert!(!ids(&list, "conversations").contains(&id));
}
