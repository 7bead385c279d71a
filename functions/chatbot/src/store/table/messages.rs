//! Messages, read.

use token::Timestamp;

use super::{
    IS_THERE, Table,
    key::{Key, Section},
    listing::Entry,
    message_item,
};
use crate::{
    conversation::{Id, Message, Owner},
    store::{Page, Range, StoreUnavailable},
};

impl Table {
    pub(in crate::store) async fn messages(
        &self,
        owner: &Owner,
        conversation: Id,
        range: Range,
        now: Timestamp,
    ) -> Result<Option<Page<Message>>, StoreUnavailable> {
        let section = Section::messages(owner, conversation);
        let page = self.list(&section, IS_THERE, range, now, |attributes, id| {
            let value = message_item::read(attributes, id)?;
            Ok(Entry { bytes: value.text.len(), value })
        });
        // Of a conversation that is being deleted, some messages are there yet.
        let (found, page) = tokio::try_join!(self.conversation(owner, conversation, now), page)?;
        Ok(found.map(|_| page))
    }

    pub(in crate::store) async fn message(
        &self,
        owner: &Owner,
        conversation: Id,
        message: Id,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreUnavailable> {
        let key = Key::message(owner, conversation, message);
        let (conversation, found) =
            tokio::try_join!(self.conversation(owner, conversation, now), self.read(&key, now))?;
        match (conversation, found) {
            (Some(_), Some(found)) => message_item::read(&found, message).map(Some),
            _ => Ok(None),
        }
    }
}
