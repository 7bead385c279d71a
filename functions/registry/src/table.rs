//! The registry's table in DynamoDB.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    types::{AttributeValue, KeysAndAttributes},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use token::{Moment, Principal, Timestamp};

use crate::{
    cache::EntryCache,
    entry::{Entry, UnreadableEntry},
    revocation::{Revocation, keys_of},
};

/// How often keys that DynamoDB left unprocessed are asked for again.
const MAX_ROUNDS: usize = 4;

/// Revocations, in DynamoDB and for a few seconds here.
#[derive(Clone)]
pub struct Registry {
    client: Client,
    table: String,
    cache: Arc<Mutex<EntryCache>>,
}

/// What the registry knows about a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Good,
    Revoked,
}

/// The table could not be read or written: not a "no", the question is open.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the registry table is not available: {0}")]
pub struct RegistryUnavailable(String);

impl From<UnreadableEntry> for RegistryUnavailable {
    fn from(UnreadableEntry: UnreadableEntry) -> Self {
        Self("an entry has no numeric ttl".into())
    }
}

impl Registry {
    /// `cache_secs` is how long an answer is used again; 0 asks every time.
    pub fn new(aws: &SdkConfig, table: String, cache_secs: u64) -> Self {
        let cache = Arc::new(Mutex::new(EntryCache::new(cache_secs)));
        Self { client: Client::new(aws), table, cache }
    }

    /// Looks the token, its session and its subject up, in one request.
    ///
    /// # Errors
    ///
    /// [`RegistryUnavailable`] where the table did not answer for all of them.
    pub async fn check(&self, principal: &Principal, now: Moment) -> Result<Standing, RegistryUnavailable> {
        let issued_at = principal.issued_at();
        let mut unknown = Vec::new();
        for key in keys_of(principal) {
            let known = self.cache().get(&key, now);
            match known {
                Some(entry) if entry.revokes(issued_at, now.wall) => return Ok(Standing::Revoked),
                Some(_) => {}
                None => unknown.push(key),
            }
        }
        let mut standing = Standing::Good;
        for (key, entry) in self.read(unknown).await? {
            if entry.revokes(issued_at, now.wall) {
                standing = Standing::Revoked;
            }
            self.cache().put(key, entry, now);
        }
        Ok(standing)
    }

    /// Keeps `revocation` until `until`, after which nothing it covers can be
    /// valid any more. Idempotent; never shortens an entry that is there.
    ///
    /// # Errors
    ///
    /// [`RegistryUnavailable`] where the table did not take it.
    pub async fn revoke(&self, revocation: &Revocation, until: Timestamp) -> Result<(), RegistryUnavailable> {
        let mut request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", AttributeValue::S(revocation.key()))
            .item("ttl", number(until));
        request = match revocation.not_before() {
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

    async fn read(&self, keys: Vec<String>) -> Result<HashMap<String, Entry>, RegistryUnavailable> {
        let mut entries: HashMap<_, _> = keys.iter().map(|key| (key.clone(), Entry::Absent)).collect();
        let mut unprocessed = keys;
        for _ in 0..MAX_ROUNDS {
            if unprocessed.is_empty() {
                return Ok(entries);
            }
            unprocessed = self.read_once(unprocessed, &mut entries).await?;
        }
        if unprocessed.is_empty() { Ok(entries) } else { Err(RegistryUnavailable("throttled".into())) }
    }

    /// Asks once, and returns the keys that DynamoDB did not get to.
    async fn read_once(
        &self,
        keys: Vec<String>,
        entries: &mut HashMap<String, Entry>,
    ) -> Result<Vec<String>, RegistryUnavailable> {
        let keys = keys.into_iter().map(|key| HashMap::from([("pk".to_owned(), AttributeValue::S(key))]));
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.collect()))
            .projection_expression("pk, #ttl, not_before")
            .expression_attribute_names("#ttl", "ttl")
            .build()
            .map_err(|error| RegistryUnavailable(error.to_string()))?;
        let answer = self.client.batch_get_item().request_items(&self.table, wanted).send().await;
        let answer = answer.map_err(|error| unavailable(&error))?;

        for item in answer.responses().and_then(|tables| tables.get(&self.table)).into_iter().flatten() {
            if let Some(Ok(key)) = item.get("pk").map(AttributeValue::as_s) {
                entries.insert(key.clone(), Entry::read(item)?);
            }
        }
        let left = answer.unprocessed_keys().and_then(|tables| tables.get(&self.table));
        let left = left.into_iter().flat_map(KeysAndAttributes::keys);
        Ok(left.filter_map(|key| key.get("pk")?.as_s().ok().cloned()).collect())
    }

    fn cache(&self) -> MutexGuard<'_, EntryCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_unix_secs().to_string())
}

/// Tells the kind of failure and nothing of the request.
fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> RegistryUnavailable
where
    SdkError<E, R>: ProvideErrorMetadata + std::fmt::Display,
{
    RegistryUnavailable(error.code().map_or_else(|| error.to_string(), str::to_owned))
}
