//! Conversations, read and renamed.

use aws_sdk_dynamodb::{Client, types::ReturnValue};
use token::Timestamp;

use super::{
    IS_OPEN, Table,
    attributes::{text, time},
    call::{by_code, failed},
    conversation_item::ConversationItem,
    key::{Key, Section},
    listing::Entry,
};
use crate::{
    conversation::{Conversation, Id, Owner},
    store::{Page, Range, StoreUnavailable},
};

impl Table {
    pub(in crate::store) async fn conversation(
        &self,
        owner: &Owner,
        id: Id,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreUnavailable> {
        let Some(found) = self.read(&Key::conversation(owner, id), now).await? else {
            return Ok(None);
        };
        let found = ConversationItem::new(&found, id);
        if found.is_open(now)? { found.conversation().map(Some) } else { Ok(None) }
    }

    pub(in crate::store) async fn conversations(
        &self,
        owner: &Owner,
        range: Range,
        now: Timestamp,
    ) -> Result<Page<Conversation>, StoreUnavailable> {
        let section = Section::conversations(owner);
        let page = self.list(&section, IS_OPEN, range, now, |attributes, id| {
            let value = ConversationItem::new(attributes, id).conversation()?;
            Ok(Entry { bytes: value.title.len(), value })
        });
        page.await
    }

    pub(in crate::store) async fn rename(
        &self,
        owner: &Owner,
        id: Id,
        title: &str,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreUnavailable> {
        let request = |client: &Client| {
            let request = client.update_item().table_name(&self.name);
            request
                .set_key(Some(Key::conversation(owner, id).attributes()))
                .update_expression("SET title = :title")
                .condition_expression(IS_OPEN)
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", time(now))
                .expression_attribute_values(":title", text(title))
                .return_values(ReturnValue::AllNew)
                .send()
        };
        let Ok(answer) = self.ask("UpdateItem", by_code, request).await? else {
            return Ok(None);
        };
        let renamed =
            answer.attributes.ok_or_else(|| failed("UpdateItem", "an answer without attributes"))?;
        ConversationItem::new(&renamed, id).conversation().map(Some)
    }
}
