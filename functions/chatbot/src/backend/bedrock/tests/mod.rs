//! Bedrock over HTTP, against a stand-in that speaks its documented format.
//! No real model was called.

mod breaking;
mod frame;
mod request;
mod streamed;
mod whole;

use aws_config::Region;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    BedrockSettings,
    settings::{Guardrail, StreamMode},
};
use crate::backend::{
    Backend, BackendSettings,
    tests::{AT_ONCE, Call, StandIn},
};

/// A model of Bedrock that a test plays, and the backend that calls it.
struct Setup {
    model: StandIn,
    backend: Backend,
}

fn plain() -> BedrockSettings {
    BedrockSettings { model: "us.amazon.nova-micro-v1:0".into(), guardrail: None }
}

fn guarded(stream_mode: StreamMode) -> BedrockSettings {
    let guardrail = Guardrail { id: "gr-1".into(), version: "2".into(), stream_mode };
    BedrockSettings { guardrail: Some(guardrail), ..plain() }
}

impl Setup {
    async fn start() -> Self {
        Self::with(plain()).await
    }

    async fn with(settings: BedrockSettings) -> Self {
        let model = StandIn::start();
        let backend = backend(settings, &model.url()).await;
        Self { model, backend }
    }

    /// Takes the next call and begins an answer in events.
    async fn events(&self) -> Call<TcpStream> {
        self.model.call().await.begin("application/vnd.amazon.eventstream").await
    }
}

async fn backend(settings: BedrockSettings, url: &str) -> Backend {
    let aws = keys::aws_loader().region(Region::new("eu-west-1")).test_credentials().endpoint_url(url);
    let mut backend = Backend::new(BackendSettings::Bedrock(settings), Some(&aws.load().await));
    backend.backoff = AT_ONCE;
    backend
}

/// A whole answer as Converse gives it.
fn converse(text: &str, stop_reason: &str) -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 11, "outputTokens": 5, "totalTokens": 16},
        "metrics": {"latencyMs": 100}
    })
}

/// An error as Bedrock answers it.
async fn refuse(call: Call<TcpStream>, status: u16, code: &str, message: &str) {
    let headers = format!(
        "x-amzn-errortype: {code}:http://internal.amazon.com/coral/\r\ncontent-type: application/json\r\n"
    );
    call.answer(status, &headers, &json!({"message": message}).to_string()).await;
}
