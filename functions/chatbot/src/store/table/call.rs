//! Calls of DynamoDB, and what it means that one fails.
//!
//! A condition that did not hold is an answer. Everything else is a failure,
//! and is told in the log, once, by its code: an error's text may quote what was
//! sent.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use token::Timestamp;
use tokio::time::timeout;

use super::{Attributes, Table, attributes::Item, key::Key, patience::Attempts};
use crate::store::StoreUnavailable;

/// The longest that one request may take, its attempts by the SDK included. The
/// settings of the SDK are the caller's, and may know no limit.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// What an error of DynamoDB means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A condition did not hold.
    Answer,
    /// The request was turned away, and may be taken in a moment.
    Busy,
    Failure,
}

/// Why a call has no answer. It is in the log already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It was turned away each time.
    Throttled,
    Failed,
}

impl From<NoAnswer> for StoreUnavailable {
    fn from(_: NoAnswer) -> Self {
        Self
    }
}

/// What an error means by its code alone.
pub(super) fn by_code<E: ProvideErrorMetadata>(error: &E) -> Meaning {
    match error.code() {
        Some("ConditionalCheckFailedException") => Meaning::Answer,
        Some(
            "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "TransactionConflictException"
            | "TransactionInProgressException",
        ) => Meaning::Busy,
        _ => Meaning::Failure,
    }
}

impl Table {
    /// Sends a request until it is answered, as long as that may help; an error
    /// is an answer where `meaning` says so.
    pub(super) async fn ask<T, E, F>(
        &self,
        operation: &'static str,
        meaning: fn(&E) -> Meaning,
        request: impl Fn(&Client) -> F,
    ) -> Result<Result<T, E>, NoAnswer>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Some(client) = &self.client else {
            return Err(failed(operation, "no AWS configuration was loaded"));
        };
        let mut attempts = Attempts::default();
        loop {
            // The SDK's futures are kilobytes each, and callers hold several at once.
            let request = Box::pin(request(client));
            let (fault, status) = match timeout(REQUEST_TIMEOUT, request).await {
                Ok(Ok(answer)) => return Ok(Ok(answer)),
                Ok(Err(SdkError::ServiceError(fault))) => {
                    let status = fault.raw().status().as_u16();
                    (fault.into_err(), status)
                }
                Ok(Err(error)) => return Err(failed(operation, &error.to_string())),
                Err(_) => return Err(failed(operation, "no answer in time")),
            };
            match meaning(&fault) {
                Meaning::Answer => return Ok(Err(fault)),
                Meaning::Busy if attempts.go_on().await => {}
                meaning => {
                    // Something that is not DynamoDB gives no code.
                    let code = fault.code().map_or_else(|| format!("HTTP {status}"), str::to_owned);
                    let failed = failed(operation, &code);
                    return Err(if meaning == Meaning::Busy { NoAnswer::Throttled } else { failed });
                }
            }
        }
    }

    /// Sends a request without a condition.
    pub(super) async fn call<T, E, F>(
        &self,
        operation: &'static str,
        request: impl Fn(&Client) -> F,
    ) -> Result<T, NoAnswer>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match self.ask(operation, by_code, request).await? {
            Ok(answer) => Ok(answer),
            Err(_) => Err(failed(operation, "a condition that was not asked for")),
        }
    }

    /// Returns the item under `key` as it is after all writes so far.
    pub(super) async fn read(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<Attributes>, StoreUnavailable> {
        let request = |client: &Client| {
            let request = client.get_item().table_name(&self.name).set_key(Some(key.attributes()));
            request.consistent_read(true).send()
        };
        let Some(attributes) = self.call("GetItem", request).await?.item else {
            return Ok(None);
        };
        let is_there = Item(&attributes).is_there(now)?;
        Ok(is_there.then_some(attributes))
    }
}

/// Notes what went wrong, and nothing of what was asked.
pub(super) fn failed(operation: &'static str, code: &str) -> NoAnswer {
    tracing::warn!(operation, code, "the table of conversations gave no answer");
    NoAnswer::Failed
}

/// Cannot happen: it says that a builder was given too little.
pub(super) fn unbuildable(error: &BuildError) -> NoAnswer {
    failed("none", &error.to_string())
}
