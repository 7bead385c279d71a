//! OpenAI's format, with a token as the key.

use serde_json::{Value, json};

use crate::scene::{Case, Scene, cases};

pub(super) const CASES: &[(&str, Case)] = cases![
    there_is_one_model,
    a_completion_is_whole,
    a_completion_comes_in_chunks,
    errors_have_their_format,
    nothing_of_it_is_kept,
];

const PATH: &str = "/v1/chat/completions";

async fn model(scene: &Scene) -> String {
    let models = scene.john.get("/v1/models").await.expect(200).json();
    models["data"][0]["id"].as_str().unwrap_or_else(|| panic!("{models}")).to_owned()
}

async fn question(scene: &Scene, more: Value) -> Value {
    let mut body = json!({"model": model(scene).await, "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Hello"},
    ]});
    let Value::Object(more) = more else { panic!("not an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

async fn there_is_one_model(scene: Scene) {
    let models = scene.john.get("/v1/models").await.expect(200).json();
    assert_eq!((&models["object"], models["data"].as_array().unwrap().len()), (&json!("list"), 1));
    let id = model(&scene).await;
    let one = scene.john.get(&format!("/v1/models/{id}")).await.expect(200).json();
    assert_eq!(one, models["data"][0]);
    assert_eq!(one["object"], "model");
    scene.john.get("/v1/models/nothing").await.openai_error(404);
}

async fn a_completion_is_whole(scene: Scene) {
    let body = question(&scene, json!({})).await;
    let answer = scene.john.post(PATH, &body).await.expect(200).json();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], body["model"]);
    let choice = &answer["choices"][0];
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["message"]["content"], "Hello John Doe, your message was: Hello");
    assert_eq!(choice["finish_reason"], "stop");
    let tokens = |name: &str| answer["usage"][name].as_u64().unwrap();
    assert_eq!(tokens("total_tokens"), tokens("prompt_tokens") + tokens("completion_tokens"));
}

async fn a_completion_comes_in_chunks(scene: Scene) {
    for with_usage in [false, true] {
        let more = json!({"stream": true, "stream_options": {"include_usage": with_usage}});
        let events = scene.john.post(PATH, &question(&scene, more).await).await.expect(200).events();
        assert!(events.iter().all(|event| event.name.is_empty()), "{events:?}");
        let Some((done, chunks)) = events.split_last() else { panic!("no events") };
        assert_eq!(done.data, "[DONE]");
        let chunks: Vec<_> = chunks.iter().map(crate::client::Event::json).collect();
        assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk"), "{chunks:?}");
        assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]), "{chunks:?}");
        assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
        let texts = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
        assert_eq!(texts.collect::<String>(), "Hello John Doe, your message was: Hello");
        let finishes = chunks.iter().filter(|chunk| chunk["choices"][0]["finish_reason"] == "stop");
        assert_eq!(finishes.count(), 1, "{chunks:?}");
        let last = chunks.last().unwrap();
        assert_eq!(last["choices"] == json!([]), with_usage, "{last}");
        assert_eq!(last["usage"]["total_tokens"].is_u64(), with_usage, "{last}");
    }
}

async fn errors_have_their_format(scene: Scene) {
    scene.john.get("/v1/nothing").await.openai_error(404);
    scene.john.get(PATH).await.openai_error(405);
    let unknown = question(&scene, json!({"model": "nothing"})).await;
    scene.john.post(PATH, &unknown).await.openai_error(404);
    for body in [
        json!({}),
        json!([]),
        question(&scene, json!({"messages": []})).await,
        question(&scene, json!({"n": 2})).await,
        question(&scene, json!({"stream": true, "messages": [{"role": "user", "content": ""}]})).await,
    ] {
        scene.john.post(PATH, &body).await.openai_error(400);
    }
}

async fn nothing_of_it_is_kept(scene: Scene) {
    let newest = || async { scene.john.get("/api/conversations?limit=1").await.expect(200).json() };
    let before = newest().await;
    let body = question(&scene, json!({})).await;
    scene.john.post(PATH, &body).await.expect(200);
    assert_eq!(newest().await, before);
}
