//! Reading a consumer out of its item, and back.
//!
//! ```text
//! pk CONSUMER#<id> · consumer S = username · custom_id S? · tags L of S?
//! created_at N · updated_at N · credential_keys SS? · revision N
//! ```
//!
//! `credential_keys` names every credential that was made for the consumer. The
//! index names them too, but a moment later: a consumer that is deleted by it
//! alone could leave a credential behind that still opens doors. `revision`
//! counts on with every write, `credential_keys` included.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use token::Timestamp;

use super::{
    consumer::Consumer,
    items::{text, unreadable},
    transaction::Condition,
};
use crate::{
    RegistryUnavailable,
    item::{Item, UnreadableItem},
    table::{Attributes, key_of},
};

pub(super) const CONSUMER_PREFIX: &str = "CONSUMER#";

/// The most credentials that are made for one consumer: their keys have to fit
/// into its item, which may have 400 KB.
pub(super) const MAX_CREDENTIALS: usize = 1000;

/// A consumer as the table has it.
#[derive(Debug, Clone)]
pub(super) struct StoredConsumer {
    pub(super) consumer: Consumer,
    pub(super) credential_keys: BTreeSet<String>,
    revision: i64,
}

pub(super) fn consumer_key(id: &str) -> String {
    format!("{CONSUMER_PREFIX}{id}")
}

impl StoredConsumer {
    /// A consumer that is in no table yet.
    pub(super) fn new(consumer: Consumer, credential_keys: BTreeSet<String>) -> Self {
        Self { consumer, credential_keys, revision: 0 }
    }

    pub(super) fn read(attributes: Attributes) -> Result<Self, RegistryUnavailable> {
        let key = text(&attributes, "pk")?;
        let id = key.strip_prefix(CONSUMER_PREFIX).unwrap_or_default();
        let copy = key_of(&key);
        read(id, attributes.into()).map_err(|error| unreadable(&copy, &error))
    }

    pub(super) fn key(&self) -> String {
        consumer_key(&self.consumer.id)
    }

    /// Returns it as another consumer with the same credentials.
    pub(super) fn becoming(&self, consumer: Consumer) -> Self {
        Self { consumer, ..self.clone() }
    }

    /// Nothing about it has changed since it was read.
    pub(super) fn unchanged(&self) -> Condition {
        Condition::as_read(Some(&self.to_attributes(self.revision)), &["revision"])
    }

    /// It is there and goes by the same names.
    pub(super) fn same_names(&self) -> Condition {
        Condition::as_read(Some(&self.to_attributes(self.revision)), &["consumer", "custom_id"])
    }

    /// The item to write in the place of the one that was read.
    pub(super) fn next_item(&self) -> Attributes {
        self.to_attributes(self.revision.saturating_add(1))
    }

    fn to_attributes(&self, revision: i64) -> Attributes {
        let Consumer { id, username, custom_id, tags, created_at, updated_at } = &self.consumer;
        let mut item = key_of(&consumer_key(id));
        let mut set = |name: &str, value| item.insert(name.to_owned(), value);
        set("consumer", AttributeValue::S(username.clone()));
        if let Some(custom_id) = custom_id {
            set("custom_id", AttributeValue::S(custom_id.clone()));
        }
        set("tags", texts(tags));
        set("created_at", time(*created_at));
        set("updated_at", time(*updated_at));
        set("revision", AttributeValue::N(revision.to_string()));
        // DynamoDB has no empty sets.
        if !self.credential_keys.is_empty() {
            let keys = self.credential_keys.iter().cloned().collect();
            set("credential_keys", AttributeValue::Ss(keys));
        }
        item
    }
}

fn read(id: &str, mut item: Item) -> Result<StoredConsumer, UnreadableItem> {
    let consumer = Consumer {
        id: id.to_owned(),
        username: item.take_text("consumer")?.ok_or(UnreadableItem("consumer"))?,
        custom_id: item.take_text("custom_id")?,
        tags: item.take_texts("tags")?,
        created_at: item.time("created_at")?.ok_or(UnreadableItem("created_at"))?,
        updated_at: item.time("updated_at")?.ok_or(UnreadableItem("updated_at"))?,
    };
    Ok(StoredConsumer {
        consumer,
        credential_keys: item.take_texts("credential_keys")?.into_iter().collect(),
        revision: item.number("revision")?.ok_or(UnreadableItem("revision"))?,
    })
}

/// A list keeps its order, a set would not.
pub(super) fn texts(texts: &[String]) -> AttributeValue {
    AttributeValue::L(texts.iter().cloned().map(AttributeValue::S).collect())
}

pub(super) fn time(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_unix_secs().to_string())
}
