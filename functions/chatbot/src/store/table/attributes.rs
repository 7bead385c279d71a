//! Attributes of items, written and read.

use aws_sdk_dynamodb::types::AttributeValue;
use token::Timestamp;

use super::Attributes;
use crate::{conversation::Id, store::StoreUnavailable};

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn id(id: Id) -> AttributeValue {
    AttributeValue::S(id.to_string())
}

pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

pub(super) fn time(at: Timestamp) -> AttributeValue {
    number(at.as_unix_secs())
}

/// An item that is read. What it lacks, or cannot be read, is a failure.
#[derive(Clone, Copy)]
pub(super) struct Item<'i>(pub(super) &'i Attributes);

impl<'i> Item<'i> {
    pub(super) fn has(self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(self, name: &'static str) -> Result<&'i str, StoreUnavailable> {
        let text = self.0.get(name).and_then(|value| value.as_s().ok());
        text.map(String::as_str).ok_or_else(|| unreadable(name))
    }

    pub(super) fn number<N: std::str::FromStr>(self, name: &'static str) -> Result<N, StoreUnavailable> {
        let number = self.0.get(name).and_then(|value| value.as_n().ok());
        number.and_then(|number| number.parse().ok()).ok_or_else(|| unreadable(name))
    }

    pub(super) fn time(self, name: &'static str) -> Result<Timestamp, StoreUnavailable> {
        self.number(name).map(Timestamp::from_unix_secs)
    }

    pub(super) fn id(self, name: &'static str) -> Result<Id, StoreUnavailable> {
        Id::parse(self.text(name)?).ok_or_else(|| unreadable(name))
    }

    /// Whether the item has not expired.
    pub(super) fn is_there(self, now: Timestamp) -> Result<bool, StoreUnavailable> {
        Ok(self.time("ttl")? > now)
    }
}

/// Notes that an item makes no sense, without a word of what is in it.
pub(super) fn unreadable(attribute: &'static str) -> StoreUnavailable {
    tracing::warn!(attribute, "an item in the table of conversations cannot be read");
    StoreUnavailable
}
