//! What Bedrock is asked.

use super::*;
use crate::backend::{
    BackendError, Prompt, Sampling,
    tests::{answer, later, prompt, stream},
};

fn asked() -> Value {
    json!({
        "system": [{"text": "be kind"}],
        "messages": [
            {"role": "user", "content": [{"text": "hello"}]},
            {"role": "assistant", "content": [{"text": "good day"}]},
            {"role": "user", "content": [{"text": "how are you?"}]}
        ],
        "inferenceConfig": {"maxTokens": 100, "temperature": 0.7, "topP": 0.9, "stopSequences": ["END"]}
    })
}

/// Compares without what a number of 32 bits looks like in 64.
fn check(mut body: Value, expected: &Value) {
    for name in ["temperature", "topP"] {
        if let Some(number) = body["inferenceConfig"][name].as_f64() {
            body["inferenceConfig"][name] = json!((number * 1000.0).round() / 1000.0);
        }
    }
    assert_eq!(&body, expected);
}

#[tokio::test]
async fn a_whole_answer_is_asked_of_converse_and_the_request_is_signed() {
    let setup = Setup::start().await;
    let (_, call) = answer(&setup.backend, async {
        let call = setup.model.call().await;
        let seen =
            (call.request_line().to_owned(), call.header("authorization").map(str::to_owned), call.json());
        call.answer(200, "", &converse("x", "end_turn").to_string()).await;
        seen
    })
    .await;
    let (line, authorization, body) = call;
    assert_eq!(line, "POST /model/us.amazon.nova-micro-v1%3A0/converse HTTP/1.1");
    let authorization = authorization.unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential="), "{authorization}");
    assert!(authorization.contains("/eu-west-1/bedrock/aws4_request"), "{authorization}");
    check(body, &asked());
}

#[tokio::test]
async fn an_answer_as_it_comes_is_asked_of_converse_stream() {
    let setup = Setup::start().await;
    let (_, (line, body)) = stream(&setup.backend, async {
        let call = setup.model.call().await;
        let seen = (call.request_line().to_owned(), call.json());
        refuse(call, 400, "ValidationException", "no").await;
        seen
    })
    .await;
    assert_eq!(line, "POST /model/us.amazon.nova-micro-v1%3A0/converse-stream HTTP/1.1");
    check(body, &asked());
}

#[tokio::test]
async fn an_arn_is_one_segment_of_the_path() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0";
    let setup = Setup::with(BedrockSettings { model: arn.into(), guardrail: None }).await;
    assert_eq!(setup.backend.model(), arn);
    let (_, line) = answer(&setup.backend, async {
        let call = setup.model.call().await;
        let line = call.request_line().to_owned();
        refuse(call, 400, "ValidationException", "no").await;
        line
    })
    .await;
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(line, format!("POST /model/{encoded}/converse HTTP/1.1"));
}

#[tokio::test]
async fn a_guardrail_goes_along_and_its_mode_with_a_stream() {
    for (mode, name) in [(StreamMode::Sync, "sync"), (StreamMode::Async, "async")] {
        let setup = Setup::with(guarded(mode)).await;
        let take = || async {
            let call = setup.model.call().await;
            let body = call.json();
            refuse(call, 400, "ValidationException", "no").await;
            body["guardrailConfig"].clone()
        };
        let guardrail = json!({
            "guardrailIdentifier": "gr-1", "guardrailVersion": "2", "trace": "disabled"
        });
        assert_eq!(answer(&setup.backend, take()).await.1, guardrail);
        let guardrail = json!({
            "guardrailIdentifier": "gr-1", "guardrailVersion": "2", "trace": "disabled",
            "streamProcessingMode": name
        });
        assert_eq!(stream(&setup.backend, take()).await.1, guardrail);
    }
}

#[tokio::test]
async fn what_is_not_set_is_not_sent() {
    let setup = Setup::start().await;
    for system in [None, Some(" ".to_owned())] {
        let bare = Prompt { system, sampling: Sampling::default(), ..prompt() };
        let asking = setup.backend.answer(&bare, later());
        let (_, body) = tokio::join!(asking, async {
            let call = setup.model.call().await;
            let body = call.json();
            refuse(call, 400, "ValidationException", "no").await;
            body
        });
        let mut expected = asked();
        expected.as_object_mut().unwrap().remove("system");
        expected["inferenceConfig"] = json!({"maxTokens": 100});
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn without_aws_there_is_no_model() {
    let backend = Backend::new(BackendSettings::Bedrock(plain()), None);
    assert_eq!(backend.answer(&prompt(), later()).await, Err(BackendError::Denied));
    assert_eq!(backend.stream(&prompt(), later()).await.unwrap_err(), BackendError::Denied);
}
