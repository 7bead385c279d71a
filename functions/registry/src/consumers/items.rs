//! The table as whoever changes it sees it: read consistently, written in
//! transactions.
//!
//! What DynamoDB turned away for its load or for a transaction that was under
//! way is sent again a bounded number of times. A transaction keeps its token
//! over all attempts, so that one which was written although its answer got lost
//! is not written, or refused, again.

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
use tokio::time::timeout;

use super::{
    patience::{Patience, Setback, setback},
    transaction::Transaction,
};
use crate::{
    RegistryUnavailable,
    table::{Attributes, Table, key_of, unavailable},
};

/// The most keys of one request to read.
const MAX_KEYS: usize = 100;

/// The longest that one request may take, its attempts by the SDK included. The
/// settings of the SDK are the caller's, and may know no limit.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

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
        let mut attempts = self.patience.begin();
        loop {
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
            if !attempts.go_on_after(Setback::Busy).await {
                return Err(RegistryUnavailable("throttled".into()));
            }
        }
    }

    /// Sends a request until it is answered, as long as that may help.
    pub(super) async fn ask<T, E, F>(&self, request: impl Fn() -> F) -> Result<T, RegistryUnavailable>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        SdkError<E>: ProvideErrorMetadata + Display,
        E: ProvideErrorMetadata,
    {
        let mut attempts = self.patience.begin();
        loop {
            let (setback, told) = match timeout(REQUEST_TIMEOUT, request()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => (setback(&error), unavailable(&error)),
                Err(_) => (Setback::Lost, late()),
            };
            if !attempts.go_on_after(setback).await {
                return Err(told);
            }
        }
    }

    /// Writes all of `transaction` or nothing.
    pub(super) async fn write(&self, transaction: &Transaction) -> Result<Written, RegistryUnavailable> {
        let token = new_token()?;
        let mut attempts = self.patience.begin();
        loop {
            let request = self.table.client.transact_write_items().client_request_token(&token);
            let request = request.set_transact_items(Some(transaction.actions()));
            let (setback, told) = match timeout(REQUEST_TIMEOUT, request.send()).await {
                Ok(Ok(_)) => return Ok(Written::Yes),
                Ok(Err(error)) => match failed_conditions(&error) {
                    Some(failed) if !failed.is_empty() => return Ok(Written::Refused(failed)),
                    Some(_) => (Setback::Busy, unavailable(&error)),
                    None => (setback(&error), unavailable(&error)),
                },
                Err(_) => (Setback::Lost, late()),
            };
            if !attempts.go_on_after(setback).await {
                return Err(told);
            }
        }
    }
}

/// A name for one transaction, by which DynamoDB knows it for ten minutes.
fn new_token() -> Result<String, RegistryUnavailable> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| RegistryUnavailable("no randomness".into()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn late() -> RegistryUnavailable {
    RegistryUnavailable("no answer in time".into())
}

/// Returns which conditions of a transaction did not hold: none of them where it
/// was canceled for others that were under way, or for the load.
fn failed_conditions(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<usize>> {
    const PASSING: [&str; 4] =
        ["None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
    else {
        return None;
    };
    let codes = canceled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
    let failed = codes.clone().enumerate().filter(|(_, code)| *code == "ConditionalCheckFailed");
    let failed: Vec<_> = failed.map(|(index, _)| index).collect();
    let passes =
        codes.clone().all(|code| PASSING.contains(&code)) && codes.clone().any(|code| code != "None");
    (passes || !failed.is_empty()).then_some(failed)
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
        Some((kind @ ("CONSUMER_NAME" | "CONSUMER_CUSTOM_ID" | "SUB"), _)) => kind,
        _ => key,
    };
    RegistryUnavailable(format!("the item {told:?} cannot be used: {why}"))
}
