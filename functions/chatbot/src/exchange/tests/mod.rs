//! Exchanges with a model that a test plays, and what is kept and charged.

mod charged;
mod refused;
mod retried;
mod shown;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use token::{Moment, Principal, Timestamp};
use tokio::{net::TcpStream, time::Instant};

use super::*;
use crate::{
    backend::{
        Answer,
        tests::{Call, StandIn},
    },
    conversation::{Id, Message, Owner},
    refusal::Refusal,
    service::Shared,
    settings::Settings,
    store::{KeyHash, Period, Range},
};

const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

/// A chatbot, and the model that it asks.
struct Setup {
    model: StandIn,
    service: Shared,
}

/// What came of a question.
struct Told {
    conversation: Id,
    /// What the model was shown, as "role: text".
    shown: Vec<String>,
    answer: Result<Answer, Refusal>,
}

impl Setup {
    async fn with(variables: &[(&str, &str)]) -> Self {
        let model = StandIn::start();
        let url = model.url();
        let own = [
            ("AWS_LAMBDA_RUNTIME_API", "x"),
            ("CHAT_BACKEND", "openai"),
            ("CHAT_MODEL", "m"),
            ("OPENAI_API_KEY", "k"),
            ("OPENAI_BASE_URL", &url),
        ];
        let environment = |name: &str| {
            let mut all = variables.iter().chain(&own);
            all.find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::read(&environment).unwrap();
        let now = Moment { subsec_millis: 0, wall: NOW, monotonic: Duration::ZERO };
        let service = crate::build(settings, Arc::new(move || now)).await;
        Self { model, service }
    }

    async fn ask(&self, question: Question, delivery: Delivery) -> Result<Asked, Refusal> {
        ask(&self.service, ada(), question, delivery, Instant::now() + Duration::from_hours(1)).await
    }

    /// Asks for a whole answer, and has the model answer with that status and body.
    async fn told(&self, question: Question, status: u16, body: &Value) -> Told {
        let asked = self.ask(question, Delivery::Whole).await.unwrap();
        let call = self.model.call().await;
        let shown = shown(&call);
        call.answer(status, "", &body.to_string()).await;
        Told { conversation: asked.conversation, shown, answer: asked.steps.whole().await }
    }

    /// Asks for an answer in pieces. The model says this, and then breaks off.
    async fn broken(&self, question: Question, text: &str) -> Id {
        let asked = self.ask(question, Delivery::Pieces).await.unwrap();
        let mut call = self.model.call().await.begin("text/event-stream").await;
        call.send(said(text).as_bytes()).await;
        drop(call);
        assert_eq!(asked.steps.whole().await, Err(Refusal::ModelFailed));
        asked.conversation
    }

    /// The texts of a conversation with how they ended, from the first.
    async fn kept(&self, conversation: Id) -> Vec<(String, &'static str)> {
        let range = Range { limit: 100, before: None };
        let messages = self.service.store.messages(&owner(), conversation, range, self.service.now()).await;
        let messages = messages.unwrap().unwrap().items.into_iter().rev();
        messages.map(|Message { text, status, .. }| (text, status.name())).collect()
    }

    async fn used(&self) -> u64 {
        self.service.store.used(&owner(), Period::day(NOW), self.service.now()).await.unwrap()
    }
}

fn ada() -> Principal {
    let context = json!({"sub": "ada", "caller": "user", "role": "USER", "exp": "4102444800"});
    Principal::from_context(context.as_object().unwrap()).unwrap()
}

fn owner() -> Owner {
    Owner::of(&ada())
}

/// A question that begins a conversation.
fn question(message: &str) -> Question {
    Question { message: message.into(), conversation: None, system: None, max_tokens: 100, key: None }
}

/// One that carries a conversation on.
fn next(conversation: Id, message: &str) -> Question {
    Question { conversation: Some(conversation), ..question(message) }
}

/// One that may be sent again.
fn with_key(question: Question, key: &str) -> Question {
    let key = Key { hash: KeyHash::of(key.as_bytes()), fingerprint: KeyHash::of(b"{}") };
    Question { key: Some(key), ..question }
}

fn completion(text: &str, finish_reason: &str, tokens: u64) -> Value {
    json!({
        "choices": [{"message": {"content": text}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 1},
    })
}

/// A piece of an answer.
fn said(text: &str) -> String {
    piece(&json!({"content": text}))
}

fn piece(delta: &Value) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]}))
}

fn shown(call: &Call<TcpStream>) -> Vec<String> {
    let asked = call.json();
    let text = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    let messages = asked["messages"].as_array().unwrap().iter();
    messages.map(|message| format!("{}: {}", text(message, "role"), text(message, "content"))).collect()
}
