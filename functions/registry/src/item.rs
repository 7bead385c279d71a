//! One item of the table, attribute by attribute.
//!
//! An attribute of another type than it should have makes the item unreadable;
//! it is never taken for absent.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use token::Timestamp;

/// Every attribute that anything here reads, to ask for no others.
pub(crate) const ATTRIBUTES: [&str; 10] = [
    "pk",
    "ttl",
    "not_before",
    "consumer",
    "custom_id",
    "role",
    "enabled",
    "algorithm",
    "secrets",
    "max_lifetime_secs",
];

/// The attributes of an item, or of a map inside one.
#[derive(Debug)]
pub(crate) struct Item(HashMap<String, AttributeValue>);

/// The item is there and makes no sense; says where, never what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an item has no usable \"{0}\"")]
pub(crate) struct UnreadableItem(pub(crate) &'static str);

impl From<HashMap<String, AttributeValue>> for Item {
    fn from(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }
}

impl Item {
    /// Removes and returns a text.
    pub(crate) fn take_text(&mut self, name: &'static str) -> Result<Option<String>, UnreadableItem> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(UnreadableItem(name)),
        }
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<Option<bool>, UnreadableItem> {
        let flag = |value: &AttributeValue| value.as_bool().copied().map_err(|_| UnreadableItem(name));
        self.0.get(name).map(flag).transpose()
    }

    /// Returns a whole number.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<i64>, UnreadableItem> {
        let number = |value: &AttributeValue| {
            value.as_n().ok().and_then(|digits| digits.parse().ok()).ok_or(UnreadableItem(name))
        };
        self.0.get(name).map(number).transpose()
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<Option<Timestamp>, UnreadableItem> {
        Ok(self.number(name)?.map(Timestamp::from_unix_secs))
    }

    /// Removes and returns texts, of a list in its order.
    pub(crate) fn take_texts(&mut self, name: &'static str) -> Result<Vec<String>, UnreadableItem> {
        let text = |value| match value {
            AttributeValue::S(text) => Ok(text),
            _ => Err(UnreadableItem(name)),
        };
        match self.0.remove(name) {
            None => Ok(Vec::new()),
            Some(AttributeValue::Ss(texts)) => Ok(texts),
            Some(AttributeValue::L(list)) => list.into_iter().map(text).collect(),
            Some(_) => Err(UnreadableItem(name)),
        }
    }

    /// Removes and returns a list of maps.
    pub(crate) fn take_maps(&mut self, name: &'static str) -> Result<Vec<Self>, UnreadableItem> {
        let Some(AttributeValue::L(list)) = self.0.remove(name) else {
            return Err(UnreadableItem(name));
        };
        let map = |value| match value {
            AttributeValue::M(map) => Ok(Self(map)),
            _ => Err(UnreadableItem(name)),
        };
        list.into_iter().map(map).collect()
    }
}
