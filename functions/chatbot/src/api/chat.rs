//! `POST /api/chat`: a message and its answer.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header::ACCEPT};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Caller, body::JsonBody, events, spent::Spent};
use crate::{
    conversation::Id,
    door::Deadline,
    exchange::{Asked, Delivery, Key, Question, ask},
    refusal::Refusal,
    service::Shared,
    store::KeyHash,
};

/// The longest message in bytes.
const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// The longest instructions in bytes that a caller may add.
const MAX_SYSTEM_BYTES: usize = 8 * 1024;

/// The longest idempotency key in bytes.
const MAX_KEY_BYTES: usize = 255;

#[derive(Deserialize)]
pub(super) struct ChatRequest {
    message: String,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    system: Option<String>,
}

#[derive(Serialize)]
struct ChatResponse {
    response: String,
    conversation_id: String,
    message_id: String,
    user_message_id: String,
    finish_reason: &'static str,
    usage: Spent,
}

/// `POST /api/chat`.
pub(super) async fn chat(
    State(service): State<Shared>,
    caller: Caller,
    Deadline(deadline): Deadline,
    headers: HeaderMap,
    body: JsonBody<ChatRequest>,
) -> Result<Response, Refusal> {
    let key = key(&headers, &body.bytes)?;
    let delivery = delivery(&headers, &body.value);
    let question = question(body.value, key, service.limits.max_tokens)?;
    let asked = ask(&service, caller.principal, question, delivery, deadline).await?;
    let ids = ids(&asked);
    let answer = match delivery {
        Delivery::Whole => whole(asked).await.map(IntoResponse::into_response),
        Delivery::Pieces => events::stream(&ids, asked.steps).await,
    };
    // The question is kept, and this is where.
    Ok(answer.unwrap_or_else(|problem| problem.response_with(&ids)))
}

fn ids(asked: &Asked) -> Value {
    json!({
        "conversation_id": asked.conversation.to_string(),
        "message_id": asked.answer.to_string(),
        "user_message_id": asked.question.to_string(),
    })
}

async fn whole(asked: Asked) -> Result<Json<ChatResponse>, Refusal> {
    let answer = asked.steps.whole().await?;
    Ok(Json(ChatResponse {
        response: answer.text,
        conversation_id: asked.conversation.to_string(),
        message_id: asked.answer.to_string(),
        user_message_id: asked.question.to_string(),
        finish_reason: answer.end.finish.name(),
        usage: answer.end.usage.into(),
    }))
}

fn question(request: ChatRequest, key: Option<Key>, max_tokens: u32) -> Result<Question, Refusal> {
    if request.message.len() > MAX_MESSAGE_BYTES {
        return Err(Refusal::TooLarge);
    }
    if request.message.trim().is_empty() {
        return Err(Refusal::InvalidRequest("the message is empty"));
    }
    if request.system.as_ref().is_some_and(|system| system.len() > MAX_SYSTEM_BYTES) {
        return Err(Refusal::TooLarge);
    }
    if request.max_tokens == Some(0) {
        return Err(Refusal::InvalidRequest("max_tokens is at least 1"));
    }
    let conversation = request
        .conversation_id
        .as_deref()
        .map(|id| Id::parse(id).ok_or(Refusal::InvalidRequest("the conversation id is not one of ours")));
    Ok(Question {
        message: request.message,
        conversation: conversation.transpose()?,
        system: request.system.filter(|system| !system.trim().is_empty()),
        max_tokens: request.max_tokens.unwrap_or(max_tokens).min(max_tokens),
        key,
    })
}

/// A stream where the body or the `Accept` header asks for one.
fn delivery(headers: &HeaderMap, request: &ChatRequest) -> Delivery {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wants_events =
        accepts.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/event-stream"));
    if request.stream.unwrap_or_default() || wants_events { Delivery::Pieces } else { Delivery::Whole }
}

/// The idempotency key of a request (draft-ietf-httpapi-idempotency-key-header).
fn key(headers: &HeaderMap, body: &[u8]) -> Result<Option<Key>, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let is_key = (1..=MAX_KEY_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    if !is_key || values.next().is_some() {
        return Err(Refusal::InvalidRequest(
            "an idempotency key is one header of 1 to 255 visible ASCII characters",
        ));
    }
    Ok(Some(Key { hash: KeyHash::of(bytes), fingerprint: KeyHash::of(body) }))
}
