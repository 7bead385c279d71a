//! What an endpoint is asked.

use super::*;
use crate::backend::{
    Prompt, Sampling,
    tests::{answer, later, prompt, stream},
};

fn asked() -> Value {
    json!({
        "model": "some/model",
        "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "good day"},
            {"role": "user", "content": "how are you?"}
        ],
        "max_tokens": 100, "temperature": 0.7, "top_p": 0.9, "stop": ["END"], "stream": false
    })
}

#[tokio::test]
async fn a_whole_answer_is_asked_with_the_key() {
    let setup = Setup::start();
    assert_eq!(setup.backend.model(), "some/model");
    let (_, body) = answer(&setup.backend, async {
        let call = setup.model.call().await;
        assert_eq!(call.request_line(), "POST /v1/chat/completions HTTP/1.1");
        assert_eq!(call.header("authorization"), Some("Bearer sk-test"));
        assert_eq!(call.header("content-type"), Some("application/json"));
        assert_eq!(call.header("accept"), Some("application/json"));
        let body = call.json();
        call.answer(200, "", &completion("x", "stop").to_string()).await;
        body
    })
    .await;
    assert_eq!(body, asked());
}

#[tokio::test]
async fn an_answer_as_it_comes_is_asked_with_its_cost() {
    let setup = Setup::start();
    let (_, body) = stream(&setup.backend, async {
        let call = setup.model.call().await;
        assert_eq!(call.header("accept"), Some("text/event-stream"));
        let body = call.json();
        call.answer(400, "", "").await;
        body
    })
    .await;
    let mut expected = asked();
    expected["stream"] = json!(true);
    expected["stream_options"] = json!({"include_usage": true});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn what_is_not_set_is_not_sent_and_the_limit_has_two_names() {
    let mut setup = Setup::start();
    let limit_name = LimitName::MaxCompletionTokens;
    setup.backend = backend(OpenAiSettings { limit_name, ..settings(&setup.model.url()) });
    let bare = Prompt { system: None, sampling: Sampling::default(), ..prompt() };
    let (_, body) = tokio::join!(setup.backend.answer(&bare, later()), async {
        let call = setup.model.call().await;
        let body = call.json();
        call.answer(400, "", "").await;
        body
    });
    let messages = asked()["messages"].as_array().unwrap()[1..].to_vec();
    let expected = json!({
        "model": "some/model", "messages": messages, "max_completion_tokens": 100, "stream": false
    });
    assert_eq!(body, expected);
}
