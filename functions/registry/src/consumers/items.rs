//! The table as whoever changes it sees it: read consistently, written in
//! transactions.
//!
//! What DynamoDB turned away for its load or for a transaction that was under
//! way is sent again a bounded number of times; every other failure is told at
//! once. A transaction keeps its token over all attempts, so that one which was
//! written although its answer got lost is not written, or refused, again.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    error::SdkError, operation::transact_write_items::TransactWriteItemsError, types::KeysAndAttributes,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::transaction::Transaction;
use crate::{
    RegistryUnavailable,
    table::{Attributes, Table, key_of, unavailable},
};

/// The most keys of one request to read.
pub(super) const MAX_KEYS: usize = 100;

const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The longest that one request may take, its attempts by the SDK included. The
/// settings of the SDK are the caller's, and may know no limit.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How often something is sent before the table counts as not available.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience(u32);

impl Patience {
    /// Somebody waits for the answer.
    pub(super) const SOMEBODY_WAITS: Self = Self(5);
    /// A table that is new takes minutes to grow with what is asked of it.
    pub(super) const BULK: Self = Self(12);
}

#[derive(Clone)]
pub(super) struct Items {
    pub(super) table: Table,
    patience: Patience,
}

/// What came of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// Nothing was: the conditions of these actions did not hold.
    Refused(Vec<usize>),
}

/// What to do about a call that failed.
enum Failure {
    Again,
    Refused(Vec<usize>),
    Final,
}

impl Items {
    pub(super) fn new(aws: &SdkConfig, table: String) -> Self {
        Self { table: Table::new(aws, table), patience: Patience::SOMEBODY_WAITS }
    }

    pub(super) fn with_patience(&self, patience: Patience) -> Self {
        Self { patience, ..self.clone() }
    }

    pub(super) fn transaction(&self) -> Transaction {
        Transaction::new(&self.table.name)
    }

    /// Returns the items that there are under `keys`, by key.
    pub(super) async fn read(
        &self,
        keys: &[String],
    ) -> Result<HashMap<String, Attributes>, RegistryUnavailable> {
        let mut items = HashMap::new();
        // DynamoDB refuses to be asked for one twice.
        let keys: Vec<_> = keys.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        for keys in keys.chunks(MAX_KEYS) {
            self.read_some(keys.to_vec(), &mut items).await?;
        }
        Ok(items)
    }

    pub(super) async fn read_one(&self, key: String) -> Result<Option<Attributes>, RegistryUnavailable> {
        Ok(self.read(std::slice::from_ref(&key)).await?.remove(&key))
    }

    async fn read_some(
        &self,
        mut keys: Vec<String>,
        items: &mut HashMap<String, Attributes>,
    ) -> Result<(), RegistryUnavailable> {
        for attempt in 0..self.patience.0 {
            pause_before(attempt).await;
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys.iter().map(|key| key_of(key)).collect()))
                .consistent_read(true)
                .build()
                .map_err(|error| RegistryUnavailable(error.to_string()))?;
            let answer = self.ask(|| self.table.batch_get(wanted.clone())).await?;
            let (found, left) = self.table.read_batch(answer, keys.len())?;
            items.extend(found);
            keys = left;
            if keys.is_empty() {
                return Ok(());
            }
        }
        Err(RegistryUnavailable("throttled".into()))
    }

    /// Sends a request until it is not turned away for the load.
    pub(super) async fn ask<T, E, R, F>(&self, request: impl Fn() -> F) -> Result<T, RegistryUnavailable>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        SdkError<E, R>: ProvideErrorMetadata + Display,
        E: ProvideErrorMetadata,
    {
        let mut told = RegistryUnavailable("throttled".into());
        for attempt in 0..self.patience.0 {
            pause_before(attempt).await;
            match in_time(request()).await? {
                Ok(answer) => return Ok(answer),
                Err(error) if is_throttled(&error) => told = unavailable(&error),
                Err(error) => return Err(unavailable(&error)),
            }
        }
        Err(told)
    }

    /// Writes all of `transaction` or nothing.
    pub(super) async fn write(&self, transaction: &Transaction) -> Result<Written, RegistryUnavailable> {
        let token = new_token()?;
        let mut told = RegistryUnavailable("throttled".into());
        for attempt in 0..self.patience.0 {
            pause_before(attempt).await;
            let request = self.table.client.transact_write_items().client_request_token(&token);
            let request = request.set_transact_items(Some(transaction.actions()));
            let answer = in_time(request.send()).await?;
            let Err(error) = answer else { return Ok(Written::Yes) };
            told = unavailable(&error);
            match failure(&error) {
                Failure::Again => {}
                Failure::Refused(failed) => return Ok(Written::Refused(failed)),
                Failure::Final => break,
            }
        }
        Err(told)
    }
}

/// Waits longer each time; not at all the first time.
pub(super) async fn pause_before(attempt: u32) {
    if let Some(doublings) = attempt.checked_sub(1) {
        let pause = SHORTEST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings));
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

/// A name for one transaction, by which DynamoDB knows it for ten minutes.
fn new_token() -> Result<String, RegistryUnavailable> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| RegistryUnavailable("no randomness".into()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

async fn in_time<T>(request: impl Future<Output = T>) -> Result<T, RegistryUnavailable> {
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, request).await;
    answer.map_err(|_| RegistryUnavailable("no answer in time".into()))
}

fn failure<R>(error: &SdkError<TransactWriteItemsError, R>) -> Failure
where
    SdkError<TransactWriteItemsError, R>: ProvideErrorMetadata,
{
    let canceled = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => canceled,
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => return Failure::Again,
        _ if is_throttled(error) => return Failure::Again,
        _ => return Failure::Final,
    };
    let reasons = canceled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
    let failed = reasons.clone().enumerate().filter(|(_, code)| *code == "ConditionalCheckFailed");
    let failed: Vec<_> = failed.map(|(index, _)| index).collect();
    if !failed.is_empty() {
        return Failure::Refused(failed);
    }
    let mut reasons = reasons.filter(|code| *code != "None").peekable();
    let passes =
        |code| ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"].contains(&code);
    if reasons.peek().is_some() && reasons.all(passes) { Failure::Again } else { Failure::Final }
}

fn is_throttled<E: ProvideErrorMetadata>(error: &E) -> bool {
    const CODES: [&str; 3] =
        ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"];
    error.code().is_some_and(|code| CODES.contains(&code))
}

pub(super) fn text(item: &Attributes, name: &str) -> Result<String, RegistryUnavailable> {
    let text = item.get(name).and_then(|value| value.as_s().ok()).cloned();
    text.ok_or_else(|| unreadable(item, &format!("it has no usable {name:?}")))
}

/// Whoever runs this must find the item. Ids and keys of credentials are no
/// secrets; what somebody is called stays out of errors.
pub(super) fn unreadable(item: &Attributes, why: &impl Display) -> RegistryUnavailable {
    let key = item.get("pk").and_then(|key| key.as_s().ok()).map_or("", String::as_str);
    let told = match key.split_once('#') {
        Some((kind @ ("CONSUMER_NAME" | "CONSUMER_CUSTOM_ID"), _)) => kind,
        _ => key,
    };
    RegistryUnavailable(format!("the item {told:?} cannot be used: {why}"))
}
