//! What is written at once: all of it, or nothing.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, TransactWriteItem, error::TransactionCanceledException},
};

use super::{
    Attributes, Table,
    call::{Meaning, NoAnswer, by_code, failed},
};

const OPERATION: &str = "TransactWriteItems";
const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// What came of a transaction.
#[derive(Debug)]
pub(super) enum Written {
    Yes,
    /// Nothing was. For each action what came of its condition; DynamoDB need
    /// not have looked at all of them.
    No(Vec<Checked>),
}

/// What came of the condition of one action.
#[derive(Debug)]
pub(super) enum Checked {
    NotRefused,
    /// It did not hold; the item as it is, if there is one and it was asked for.
    Refused(Option<Attributes>),
}

impl Table {
    /// Writes all of `actions` or nothing, and that once, however often the
    /// request is sent.
    pub(super) async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<Written, NoAnswer> {
        let token = new_token()?;
        let written = self.ask(OPERATION, meaning, |client| {
            let request = client.transact_write_items().client_request_token(&token);
            request.set_transact_items(Some(actions.clone())).send()
        });
        match written.await? {
            Ok(_) => Ok(Written::Yes),
            Err(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                let reasons = canceled.cancellation_reasons.unwrap_or_default();
                Ok(Written::No(reasons.into_iter().map(checked).collect()))
            }
            Err(_) => Err(failed(OPERATION, "a condition of no transaction")),
        }
    }
}

fn checked(reason: CancellationReason) -> Checked {
    match reason.code.as_deref() {
        Some(CONDITION_FAILED) => Checked::Refused(reason.item),
        _ => Checked::NotRefused,
    }
}

fn meaning(error: &TransactWriteItemsError) -> Meaning {
    match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => meaning_of(canceled),
        error => by_code(error),
    }
}

fn meaning_of(canceled: &TransactionCanceledException) -> Meaning {
    const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    let codes = canceled.cancellation_reasons().iter().filter_map(CancellationReason::code);
    let codes: Vec<_> = codes.filter(|code| *code != "None").collect();
    if codes.iter().all(|code| PASSING.contains(code)) && !codes.is_empty() {
        Meaning::Busy
    } else if codes.contains(&CONDITION_FAILED) {
        Meaning::Answer
    } else {
        Meaning::Failure
    }
}

/// A name for one transaction, by which DynamoDB knows it for ten minutes.
fn new_token() -> Result<String, NoAnswer> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| failed(OPERATION, "no randomness"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
