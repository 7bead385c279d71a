//! Conversations: listed, read, renamed, deleted.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Caller, body::JsonBody, paging::Paging, spent::Spent};
use crate::{
    backend::{Finish, Speaker},
    conversation::{Conversation, Id, MAX_TITLE_CHARS, Message, Status},
    refusal::Refusal,
    service::Shared,
    store::Deleted,
};

const CONVERSATIONS: u32 = 20;
const MESSAGES: u32 = 50;

#[derive(Serialize)]
pub(super) struct ConversationBody {
    id: String,
    title: String,
    created_at: i64,
    updated_at: i64,
}

#[derive(Serialize)]
pub(super) struct MessageBody {
    id: String,
    role: &'static str,
    text: String,
    created_at: i64,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Spent>,
}

#[derive(Serialize)]
pub(super) struct Conversations {
    conversations: Vec<ConversationBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Messages {
    messages: Vec<MessageBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Rename {
    title: String,
}

type PathId = Result<Path<String>, PathRejection>;
type PageQuery = Result<Query<Paging>, QueryRejection>;

/// `GET /api/conversations`.
pub(super) async fn list(
    State(service): State<Shared>,
    caller: Caller,
    query: PageQuery,
) -> Result<Json<Conversations>, Refusal> {
    let range = paging(query)?.range(CONVERSATIONS)?;
    let page = service.store.conversations(&caller.owner, range, service.now()).await?;
    Ok(Json(Conversations {
        conversations: page.items.into_iter().map(ConversationBody::from).collect(),
        next_cursor: page.next.map(|id| id.to_string()),
    }))
}

/// `GET /api/conversations/{id}`.
pub(super) async fn read(
    State(service): State<Shared>,
    caller: Caller,
    id: PathId,
) -> Result<Json<ConversationBody>, Refusal> {
    let found = service.store.conversation(&caller.owner, parse(id)?, service.now()).await?;
    Ok(Json(found.ok_or(Refusal::NotFound)?.into()))
}

/// `PATCH /api/conversations/{id}`.
pub(super) async fn rename(
    State(service): State<Shared>,
    caller: Caller,
    id: PathId,
    body: JsonBody<Rename>,
) -> Result<Json<ConversationBody>, Refusal> {
    let title = body.value.title.trim().to_owned();
    if title.is_empty() || title.chars().count() > MAX_TITLE_CHARS || title.chars().any(char::is_control) {
        return Err(Refusal::InvalidRequest("a title is one line of 1 to 200 characters"));
    }
    let renamed = service.store.rename(&caller.owner, parse(id)?, &title, service.now()).await?;
    Ok(Json(renamed.ok_or(Refusal::NotFound)?.into()))
}

/// `DELETE /api/conversations/{id}`.
pub(super) async fn delete(
    State(service): State<Shared>,
    caller: Caller,
    id: PathId,
) -> Result<StatusCode, Refusal> {
    match service.store.delete(&caller.owner, parse(id)?, service.now()).await? {
        Deleted::Yes => Ok(StatusCode::NO_CONTENT),
        Deleted::NoConversation => Err(Refusal::NotFound),
        // Asked again it goes on, and until then nobody can read it.
        Deleted::NotAllYet => Err(Refusal::Unavailable),
    }
}

/// `GET /api/conversations/{id}/messages`.
pub(super) async fn messages(
    State(service): State<Shared>,
    caller: Caller,
    id: PathId,
    query: PageQuery,
) -> Result<Json<Messages>, Refusal> {
    let range = paging(query)?.range(MESSAGES)?;
    let page = service.store.messages(&caller.owner, parse(id)?, range, service.now()).await?;
    let page = page.ok_or(Refusal::NotFound)?;
    Ok(Json(Messages {
        messages: page.items.into_iter().map(MessageBody::from).collect(),
        next_cursor: page.next.map(|id| id.to_string()),
    }))
}

/// What is no id is the id of nothing.
fn parse(id: PathId) -> Result<Id, Refusal> {
    id.ok().and_then(|Path(text)| Id::parse(&text)).ok_or(Refusal::NotFound)
}

fn paging(query: PageQuery) -> Result<Paging, Refusal> {
    query
        .map(|Query(paging)| paging)
        .map_err(|_| Refusal::InvalidRequest("the query is ?limit=<number>&cursor=<id>"))
}

impl From<Conversation> for ConversationBody {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            title: conversation.title,
            created_at: conversation.created_at.as_unix_secs(),
            updated_at: conversation.updated_at.as_unix_secs(),
        }
    }
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id.to_string(),
            role: match message.speaker {
                Speaker::User => "user",
                Speaker::Assistant => "assistant",
            },
            text: message.text,
            created_at: message.created_at.as_unix_secs(),
            status: Status::name(message.status),
            finish_reason: message.end.map(|end| Finish::name(end.finish)),
            usage: message.end.map(|end| end.usage.into()),
        }
    }
}
