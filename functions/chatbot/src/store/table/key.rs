//! Where things are in the table.
//!
//! Owners are hashes and ids are of one form, so no part of a key can hold the
//! mark that divides them.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Attributes, attributes::text};
use crate::{
    conversation::{Id, Owner},
    store::{KeyHash, counter::Counter},
};

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pk: String,
    sk: String,
}

/// Things of one kind that are listed together: a partition, and how their sort
/// keys begin.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) pk: String,
    prefix: &'static str,
}

impl Key {
    pub(super) fn conversation(owner: &Owner, id: Id) -> Self {
        Section::conversations(owner).key(id)
    }

    pub(super) fn message(owner: &Owner, conversation: Id, id: Id) -> Self {
        Section::messages(owner, conversation).key(id)
    }

    pub(super) fn counter(owner: &Owner, counter: Counter) -> Self {
        let sk = match counter {
            Counter::Requests(minute) => format!("RATE#{}", minute.0),
            Counter::Tokens(day) => format!("USAGE#{}", day.0),
        };
        Self { pk: owner_pk(owner), sk }
    }

    pub(super) fn claim(owner: &Owner, key: &KeyHash) -> Self {
        Self { pk: owner_pk(owner), sk: format!("IDEM#{}", key.as_str()) }
    }

    pub(super) fn attributes(&self) -> Attributes {
        Attributes::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

impl Section {
    pub(super) fn conversations(owner: &Owner) -> Self {
        Self { pk: owner_pk(owner), prefix: "CONV#" }
    }

    pub(super) fn messages(owner: &Owner, conversation: Id) -> Self {
        Self { pk: format!("{}#CONV#{conversation}", owner_pk(owner)), prefix: "MSG#" }
    }

    pub(super) fn key(&self, id: Id) -> Key {
        Key { pk: self.pk.clone(), sk: format!("{}{id}", self.prefix) }
    }

    /// The lowest sort key that there can be, and the highest up to `before`.
    pub(super) fn bounds(&self, before: Option<Id>) -> (AttributeValue, AttributeValue) {
        // Ids consist of hexadecimal digits and hyphens, all of which sort before a letter `g`.
        let high = before.map_or_else(|| "g".to_owned(), |before| before.to_string());
        (text(self.prefix), text(&format!("{}{high}", self.prefix)))
    }

    /// The id in the sort key of an item.
    pub(super) fn id(&self, attributes: &Attributes) -> Option<Id> {
        Id::parse(attributes.get("sk")?.as_s().ok()?.strip_prefix(self.prefix)?)
    }
}

fn owner_pk(owner: &Owner) -> String {
    format!("OWNER#{}", owner.as_str())
}
