//! Conversations and their messages: written, read and deleted.

use token::Moment;

use super::{Added, Deleted, Page, Range, Store, StoreUnavailable};
use crate::conversation::{Conversation, Id, Message, Owner};

impl Store {
    /// Begins `conversation` with its first message, both or neither.
    /// Sent again (same ids), it changes nothing.
    ///
    /// # Errors
    ///
    /// Here and below: [`StoreUnavailable`] where the table cannot be reached,
    /// throttles past a few tries, or says something that makes no sense.
    pub(crate) async fn begin(
        &self,
        owner: &Owner,
        conversation: &Conversation,
        message: &Message,
        now: Moment,
    ) -> Result<(), StoreUnavailable> {
        match self {
            Self::Memory(memory) => {
                memory.begin(owner, conversation, message, now.wall);
                Ok(())
            }
            Self::Table(table) => table.begin(owner, conversation, message, now.wall).await,
        }
    }

    /// Adds a message to a conversation, and moves `updated_at`, the number of
    /// messages, `last_message` and the expiry along. A message that is there
    /// already (same id) is replaced without being counted again, unless it says
    /// more than what comes after it ([`Message::replaces`]).
    ///
    /// A question takes the place of its answer too, so that the answer fits
    /// whenever it comes.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn add(
        &self,
        owner: &Owner,
        conversation: Id,
        message: &Message,
        now: Moment,
    ) -> Result<Added, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.add(owner, conversation, message, now.wall)),
            Self::Table(table) => table.add(owner, conversation, message, now.wall).await,
        }
    }

    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn conversation(
        &self,
        owner: &Owner,
        id: Id,
        now: Moment,
    ) -> Result<Option<Conversation>, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.conversation(owner, id, now.wall)),
            Self::Table(table) => table.conversation(owner, id, now.wall).await,
        }
    }

    /// The conversations of one owner, newest first.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn conversations(
        &self,
        owner: &Owner,
        range: Range,
        now: Moment,
    ) -> Result<Page<Conversation>, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.conversations(owner, range, now.wall)),
            Self::Table(table) => table.conversations(owner, range, now.wall).await,
        }
    }

    /// The messages of a conversation, newest first; `None` where there is no
    /// such conversation.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn messages(
        &self,
        owner: &Owner,
        conversation: Id,
        range: Range,
        now: Moment,
    ) -> Result<Option<Page<Message>>, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.messages(owner, conversation, range, now.wall)),
            Self::Table(table) => table.messages(owner, conversation, range, now.wall).await,
        }
    }

    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn message(
        &self,
        owner: &Owner,
        conversation: Id,
        message: Id,
        now: Moment,
    ) -> Result<Option<Message>, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.message(owner, conversation, message, now.wall)),
            Self::Table(table) => table.message(owner, conversation, message, now.wall).await,
        }
    }

    /// Renames a conversation; `None` where there is no such one.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn rename(
        &self,
        owner: &Owner,
        id: Id,
        title: &str,
        now: Moment,
    ) -> Result<Option<Conversation>, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.rename(owner, id, title, now.wall)),
            Self::Table(table) => table.rename(owner, id, title, now.wall).await,
        }
    }

    /// Deletes a conversation: at once for every reader (and for answers under
    /// way, which are not added any more), then message by message, as far as a
    /// bounded amount of work goes. Asked again it goes on.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn delete(
        &self,
        owner: &Owner,
        id: Id,
        now: Moment,
    ) -> Result<Deleted, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.delete(owner, id, now.wall)),
            Self::Table(table) => table.delete(owner, id, now.wall).await,
        }
    }
}
