//! A message and its answer.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, State},
};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use token::{Moment, Principal};

use crate::{backend::Usage, problem::Problem, router::Service};

/// The longest message in bytes.
const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// The longest id of a conversation in bytes.
const MAX_ID_BYTES: usize = 64;

#[derive(Deserialize)]
struct ChatRequest {
    message: String,
    #[serde(default)]
    conversation_id: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ChatResponse {
    response: String,
    conversation_id: String,
    message_id: String,
    usage: Usage,
}

/// The caller of a request: whoever the front vouches for, if that still holds.
pub(crate) struct Caller(Principal);

impl FromRequestParts<Service> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Principal>().ok_or(Problem::Unauthenticated)?;
        // The gateway keeps an answer of the authorizer for a while, and may
        // keep it past the end of the token.
        if (service.clock)().wall >= principal.exp().plus(service.leeway_secs) {
            return Err(Problem::Unauthenticated);
        }
        Ok(Self(principal.clone()))
    }
}

/// `POST /api/chat`.
pub(crate) async fn chat(
    State(service): State<Service>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<Json<ChatResponse>, Problem> {
    let request: ChatRequest = serde_json::from_slice(&body)
        .map_err(|_| Problem::InvalidRequest("the body is a JSON object with a string \"message\""))?;
    if request.message.len() > MAX_MESSAGE_BYTES {
        return Err(Problem::TooLarge);
    }
    if request.message.trim().is_empty() {
        return Err(Problem::InvalidRequest("the message is empty"));
    }
    let now = (service.clock)();
    let conversation_id = match request.conversation_id {
        Some(id) if is_conversation_id(&id) => id,
        Some(_) => return Err(Problem::InvalidRequest("the conversation id is not one of ours")),
        None => new_id(now)?,
    };
    let answer = service.backend.answer(&principal, &request.message);
    let message_id = new_id(now)?;
    Ok(Json(ChatResponse { response: answer.text, conversation_id, message_id, usage: answer.usage }))
}

fn is_conversation_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns an id that sorts by time (UUID version 7, RFC 9562).
fn new_id(now: Moment) -> Result<String, Problem> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| Problem::Internal)?;
    let millis = u64::try_from(now.wall.as_unix_secs()).unwrap_or(0).saturating_mul(1000);
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string())
}
