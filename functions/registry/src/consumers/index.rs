//! The index on which consumers and credentials appear, and nothing else.
//!
//! It lags behind the table by a moment, so it says where to look and never
//! what is there.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    items::{Items, text},
    page::Offset,
};
use crate::{
    RegistryUnavailable,
    table::{Attributes, key_of},
};

const INDEX: &str = "by_consumer";

/// The most requests for the keys of one consumer, a megabyte of items each.
const MAX_QUERIES: usize = 16;

impl Items {
    /// Returns the keys of all items that name this consumer, as the index has
    /// them: what was written a moment ago may be missing.
    pub(super) async fn keys_of_consumer(&self, username: &str) -> Result<Vec<String>, RegistryUnavailable> {
        let mut keys = Vec::new();
        let mut start = None;
        for _ in 0..MAX_QUERIES {
            let request = self.table.client.query().table_name(&self.table.name).index_name(INDEX);
            let request = request
                .key_condition_expression("#consumer = :consumer")
                .projection_expression("pk")
                .expression_attribute_names("#consumer", "consumer")
                .expression_attribute_values(":consumer", AttributeValue::S(username.to_owned()))
                .set_exclusive_start_key(start);
            let answer = self.ask(|| request.clone().send()).await?;
            for item in answer.items.ok_or_else(says_nothing)? {
                keys.push(text(&item, "pk")?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(keys);
            }
        }
        Err(RegistryUnavailable("a consumer has more credentials than can be read".into()))
    }

    /// Looks at `limit` items of the index at most, and returns the places of
    /// those whose key begins with `prefix`, and where to go on.
    pub(super) async fn scan_index(
        &self,
        prefix: &str,
        limit: usize,
        after: Option<Offset>,
    ) -> Result<(Vec<Offset>, Option<Offset>), RegistryUnavailable> {
        let start = after.map(|Offset { pk, consumer }| {
            let mut key = key_of(&pk);
            key.insert("consumer".into(), AttributeValue::S(consumer));
            key
        });
        let request = self.table.client.scan().table_name(&self.table.name).index_name(INDEX);
        let request = request
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .filter_expression("begins_with(pk, :prefix)")
            .projection_expression("pk, #consumer")
            .expression_attribute_names("#consumer", "consumer")
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .set_exclusive_start_key(start);
        let answer = self.ask(|| request.clone().send()).await?;
        let place = |item: &Attributes| -> Result<_, RegistryUnavailable> {
            Ok(Offset { pk: text(item, "pk")?, consumer: text(item, "consumer")? })
        };
        let found = answer.items.ok_or_else(says_nothing)?;
        let found = found.iter().map(place).collect::<Result<_, _>>()?;
        Ok((found, answer.last_evaluated_key.as_ref().map(place).transpose()?))
    }
}

fn says_nothing() -> RegistryUnavailable {
    RegistryUnavailable("the answer says nothing of the index".into())
}
