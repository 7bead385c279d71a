//! The registry's table in DynamoDB: items in, items out.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::batch_get_item::{BatchGetItemError, BatchGetItemOutput},
    types::{AttributeValue, KeysAndAttributes},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use token::Timestamp;

use crate::item::{ATTRIBUTES, Item};

/// How often keys that DynamoDB left unprocessed are asked for again.
const MAX_ROUNDS: usize = 4;

/// An item as DynamoDB has it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    reads: Arc<AtomicU64>,
}

/// The table could not be read or written: not a "no", the question is open.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the registry table is not available: {0}")]
pub struct RegistryUnavailable(pub(crate) String);

impl Table {
    pub(crate) fn new(aws: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(aws), name, reads: Arc::default() }
    }

    /// How often the table has been asked.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Returns the items that there are under `keys`, which are at most a
    /// hundred, by key.
    pub(crate) async fn read(&self, keys: &[String]) -> Result<HashMap<String, Item>, RegistryUnavailable> {
        let mut items = HashMap::new();
        let mut unprocessed = keys.to_vec();
        for _ in 0..MAX_ROUNDS {
            if unprocessed.is_empty() {
                return Ok(items);
            }
            unprocessed = self.read_once(unprocessed, &mut items).await?;
        }
        if unprocessed.is_empty() { Ok(items) } else { Err(RegistryUnavailable("throttled".into())) }
    }

    /// Asks once, and returns the keys that DynamoDB did not get to.
    async fn read_once(
        &self,
        keys: Vec<String>,
        items: &mut HashMap<String, Item>,
    ) -> Result<Vec<String>, RegistryUnavailable> {
        // By number, because half of these names are words of DynamoDB's own.
        let placeholder = |index| format!("#a{index}");
        let names = ATTRIBUTES.iter().enumerate().map(|(index, name)| (placeholder(index), (*name).into()));
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(|key| key_of(key)).collect()))
            .projection_expression((0..ATTRIBUTES.len()).map(placeholder).collect::<Vec<_>>().join(","))
            .set_expression_attribute_names(Some(names.collect()))
            .build()
            .map_err(|error| RegistryUnavailable(error.to_string()))?;
        let answer = self.batch_get(wanted).await.map_err(|error| unavailable(&error))?;
        let (found, left) = self.read_batch(answer, keys.len())?;
        items.extend(found.into_iter().map(|(key, item)| (key, item.into())));
        Ok(left)
    }

    pub(crate) async fn batch_get(
        &self,
        wanted: KeysAndAttributes,
    ) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        // In a box: the SDK's part is deep, and is compiled here and not with
        // whoever asks, for whom every instruction counts.
        let answer: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(self.client.batch_get_item().request_items(&self.name, wanted).send());
        answer.await
    }

    /// Returns the items by key, and the keys that DynamoDB did not get to.
    pub(crate) fn read_batch(
        &self,
        mut answer: BatchGetItemOutput,
        asked: usize,
    ) -> Result<(HashMap<String, Attributes>, Vec<String>), RegistryUnavailable> {
        let left = answer.unprocessed_keys().and_then(|tables| tables.get(&self.name));
        let left = left.into_iter().flat_map(KeysAndAttributes::keys);
        let left: Option<Vec<_>> = left.map(|key| key.get("pk")?.as_s().ok().cloned()).collect();
        let left = left.ok_or_else(|| RegistryUnavailable("an unprocessed key is none".into()))?;
        // Absence is the table's to say: an answer that does not name it, or
        // names an item without its key, says nothing of what was asked.
        let found = answer.responses.as_mut().and_then(|tables| tables.remove(&self.name));
        if found.is_none() && left.len() < asked {
            return Err(RegistryUnavailable("the answer says nothing of the table".into()));
        }
        let mut items = HashMap::new();
        for item in found.into_iter().flatten() {
            let key = item.get("pk").and_then(|key| key.as_s().ok()).cloned();
            let key = key.ok_or_else(|| RegistryUnavailable("an item has no key".into()))?;
            items.insert(key, item);
        }
        Ok((items, left))
    }

    /// Writes an item that is there until `until`, or leaves a later one as it is.
    pub(crate) async fn put(
        &self,
        key: String,
        not_before: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<(), RegistryUnavailable> {
        let mut request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("pk", AttributeValue::S(key))
            .item("ttl", number(until));
        request = match not_before {
            Some(not_before) => request
                .item("not_before", number(not_before))
                .condition_expression("attribute_not_exists(pk) OR not_before < :not_before")
                .expression_attribute_values(":not_before", number(not_before)),
            None => request
                .condition_expression("attribute_not_exists(pk) OR #ttl < :ttl")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", number(until)),
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_conditional_check_failed_exception() => Ok(()),
                _ => Err(unavailable(&error)),
            },
        }
    }

    /// Sets `not_before` in an item that is there and has none, or an earlier one.
    pub(crate) async fn set_not_before(
        &self,
        key: String,
        not_before: Timestamp,
    ) -> Result<(), RegistryUnavailable> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key))
            .update_expression("SET not_before = :not_before")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(not_before) OR not_before < :not_before)",
            )
            .expression_attribute_values(":not_before", number(not_before));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_conditional_check_failed_exception() => Ok(()),
                _ => Err(unavailable(&error)),
            },
        }
    }
}

/// The primary key of the item `key`.
pub(crate) fn key_of(key: &str) -> Attributes {
    HashMap::from([("pk".to_owned(), AttributeValue::S(key.to_owned()))])
}

fn number(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_unix_secs().to_string())
}

/// Tells the kind of failure and nothing of the request.
pub(crate) fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> RegistryUnavailable
where
    SdkError<E, R>: ProvideErrorMetadata + std::fmt::Display,
{
    RegistryUnavailable(error.code().map_or_else(|| error.to_string(), str::to_owned))
}
