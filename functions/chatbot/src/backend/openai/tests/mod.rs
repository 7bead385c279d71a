//! Endpoints of OpenAI's format over HTTP, against a stand-in. No real one was
//! called.

mod breaking;
mod request;
mod streamed;
mod tls;
mod whole;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{OpenAiSettings, api_key::ApiKey, client::tls, settings::LimitName};
use crate::backend::{
    Backend, BackendSettings,
    tests::{AT_ONCE, Call, StandIn},
};

/// A model that a test plays, and the backend that calls it.
struct Setup {
    model: StandIn,
    backend: Backend,
}

fn settings(url: &str) -> OpenAiSettings {
    let url = format!("{url}/v1/chat/completions").parse().unwrap();
    OpenAiSettings {
        model: "some/model".into(),
        tls: tls(&url).unwrap().into(),
        url,
        key: ApiKey::new("sk-test").unwrap(),
        limit_name: LimitName::MaxTokens,
    }
}

fn backend(settings: OpenAiSettings) -> Backend {
    let mut backend = Backend::new(BackendSettings::OpenAi(settings), None);
    backend.backoff = AT_ONCE;
    backend
}

impl Setup {
    fn start() -> Self {
        let model = StandIn::start();
        let backend = backend(settings(&model.url()));
        Self { model, backend }
    }

    /// Takes the next call and begins an answer in events.
    async fn events(&self) -> Call<TcpStream> {
        self.model.call().await.begin("text/event-stream").await
    }
}

fn completion(text: &str, finish_reason: &str) -> Value {
    json!({
        "id": "x", "object": "chat.completion", "created": 1, "model": "some/model",
        "choices": [{
            "index": 0, "finish_reason": finish_reason, "logprobs": null,
            "message": {"role": "assistant", "content": text, "refusal": null}
        }],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    })
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

fn text(text: &str) -> String {
    event(&json!({
        "id": "x", "object": "chat.completion.chunk", "usage": null,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]
    }))
}

fn stop(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": null}))
}

fn usage() -> String {
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16});
    event(&json!({"choices": [], "usage": usage}))
}

const DONE: &str = "data: [DONE]\n\n";

fn error(code: &Value) -> String {
    json!({"error": {"message": "no, sk-test", "type": "some_error", "param": null, "code": code}})
        .to_string()
}
