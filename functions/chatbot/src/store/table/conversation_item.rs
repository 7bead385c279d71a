//! A conversation as an item.

use token::Timestamp;

use super::{
    Attributes,
    attributes::{Item, id, number, text, time},
    key::Key,
};
use crate::{
    backend::Speaker,
    conversation::{Conversation, Id, Message, Owner},
    store::StoreUnavailable,
};

/// A conversation as the table has it, deleted ones and full ones too.
pub(super) struct ConversationItem<'i> {
    item: Item<'i>,
    id: Id,
}

/// Returns the item of a conversation that has one message.
pub(super) fn new(
    owner: &Owner,
    conversation: &Conversation,
    message: &Message,
    expires_at: Timestamp,
) -> Attributes {
    let mut item = Key::conversation(owner, conversation.id).attributes();
    item.extend(
        [
            ("title", text(&conversation.title)),
            ("created_at", time(conversation.created_at)),
            ("updated_at", time(conversation.updated_at)),
            ("messages", number(1)),
            ("questions", number(questions_in(message))),
            ("last_message", id(message.id)),
            ("ttl", time(expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

/// How many questions a message is.
pub(super) fn questions_in(message: &Message) -> u32 {
    u32::from(message.speaker == Speaker::User)
}

impl<'i> ConversationItem<'i> {
    pub(super) fn new(attributes: &'i Attributes, id: Id) -> Self {
        Self { item: Item(attributes), id }
    }

    /// Whether it has neither expired nor been deleted.
    pub(super) fn is_open(&self, now: Timestamp) -> Result<bool, StoreUnavailable> {
        Ok(self.item.is_there(now)? && !self.item.has("deleting"))
    }

    pub(super) fn messages(&self) -> Result<u32, StoreUnavailable> {
        self.item.number("messages")
    }

    pub(super) fn questions(&self) -> Result<u32, StoreUnavailable> {
        self.item.number("questions")
    }

    pub(super) fn last_message(&self) -> Result<Id, StoreUnavailable> {
        self.item.id("last_message")
    }

    pub(super) fn conversation(&self) -> Result<Conversation, StoreUnavailable> {
        Ok(Conversation {
            id: self.id,
            title: self.item.text("title")?.to_owned(),
            created_at: self.item.time("created_at")?,
            updated_at: self.item.time("updated_at")?,
            messages: self.messages()?,
            last_message: Some(self.last_message()?),
        })
    }
}
