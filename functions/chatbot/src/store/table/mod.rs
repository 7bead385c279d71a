//! The store in a table of DynamoDB.
//!
//! Two kinds of partitions: an owner's own, with conversations, counters and
//! claims, and one per conversation with its messages. DynamoDB sweeps expired
//! items late, so every condition and every read takes them for absent.

mod additions;
mod attributes;
mod call;
mod claim_item;
mod claims;
mod conversation_item;
mod conversations;
mod counters;
mod deletion;
mod key;
mod listing;
mod message_item;
mod messages;
mod patience;
mod sweep;
mod transaction;

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};

use super::Bounds;

/// An item as DynamoDB has it.
type Attributes = HashMap<String, AttributeValue>;

/// Holds of an item that has not expired.
const IS_THERE: &str = "#ttl > :now";

/// Holds where there is no item, or an expired one.
const IS_ABSENT: &str = "attribute_not_exists(pk) OR #ttl <= :now";

/// Holds of a conversation that has neither expired nor been deleted.
const IS_OPEN: &str = "#ttl > :now AND attribute_not_exists(deleting)";

#[derive(Debug)]
pub(crate) struct Table {
    /// `None` where AWS was not loaded: a table that cannot be reached.
    client: Option<Client>,
    name: String,
    bounds: Bounds,
}

impl Table {
    pub(super) fn new(aws: Option<&SdkConfig>, name: String, bounds: Bounds) -> Self {
        Self { client: aws.map(Client::new), name, bounds }
    }
}
