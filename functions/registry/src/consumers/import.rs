//! Many consumers at once, as a file of another system has them.
//!
//! The same input gives the same result however often it is imported: what is
//! stored already is left alone and costs no write, and what was stopped in
//! between is finished by importing it again. Nothing is deleted.

use std::{collections::HashSet, sync::Arc};

use token::Timestamp;
use tokio::task::JoinSet;

use super::{
    Consumers, consumer::NewConsumer, credential::NewCredential, import_entry::Entry, patience::Patience,
    refusal::Refusal, transaction::MAX_ACTIONS,
};
use crate::RegistryUnavailable;

/// How many batches are under way at once.
const AT_ONCE: usize = 8;

/// A consumer to import, and its credentials. Their ids say what is the same.
#[derive(Debug)]
pub struct ConsumerImport {
    pub consumer: NewConsumer,
    pub credentials: Vec<NewCredential>,
}

/// What came of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Created,
    /// It was stored like this already.
    Unchanged,
    Updated,
    /// A consumer that is new was not made. Of one that was there already, or
    /// has more than 48 credentials, what came before may have been written.
    Refused {
        refusal: Refusal,
        /// The position of the credential that it is about; `None`: the consumer.
        credential: Option<usize>,
    },
}

/// What is imported, for all the tasks that do it.
pub(super) struct Import {
    pub(super) given: Vec<ConsumerImport>,
    pub(super) now: Timestamp,
}

/// Entries of one transaction, and their positions in what was given.
pub(super) type Batch = Vec<(usize, Entry)>;

impl Consumers {
    /// Makes these consumers and credentials, or makes those that are there say
    /// the same. Returns what came of each, in the order given.
    ///
    /// Of two that want the same name or key, the first has it.
    ///
    /// # Errors
    ///
    /// That the table could not be read or written. Some of them may have been.
    pub async fn import(
        &self,
        given: Vec<ConsumerImport>,
        now: Timestamp,
    ) -> Result<Vec<Imported>, RegistryUnavailable> {
        let mut outcomes = Vec::new();
        let batches = batches(&given, now, &mut outcomes);
        let import = Arc::new(Import { given, now });
        let patient = Self { items: self.items.with_patience(Patience::BULK) };

        let mut tasks = JoinSet::new();
        for batch in batches {
            if tasks.len() >= AT_ONCE {
                outcomes.extend(joined(tasks.join_next().await)?);
            }
            let (patient, import) = (patient.clone(), Arc::clone(&import));
            // On the heap: a task with all that it may have to do is large.
            tasks.spawn(async move { Box::pin(patient.import_batch(&import, batch)).await });
        }
        while let Some(done) = tasks.join_next().await {
            outcomes.extend(joined(Some(done))?);
        }
        outcomes.sort_unstable_by_key(|(position, _)| *position);
        Ok(outcomes.into_iter().map(|(_, imported)| imported).collect())
    }
}

/// What a task came to. Where one failed the others are given up with the set
/// that they are in: what they would find is the same.
fn joined<T>(
    done: Option<Result<Result<Vec<T>, RegistryUnavailable>, tokio::task::JoinError>>,
) -> Result<Vec<T>, RegistryUnavailable> {
    match done {
        None => Ok(Vec::new()),
        Some(Ok(outcomes)) => outcomes,
        Some(Err(error)) => Err(RegistryUnavailable(error.to_string())),
    }
}

/// Checks all that was given, and packs it into as few transactions as it takes.
fn batches(given: &[ConsumerImport], now: Timestamp, outcomes: &mut Vec<(usize, Imported)>) -> Vec<Batch> {
    let mut claimed = HashSet::new();
    let (mut batches, mut batch, mut actions) = (Vec::new(), Batch::new(), 0);
    for (position, import) in given.iter().enumerate() {
        let entry = Entry::new(import, now).and_then(|entry| entry.claim(&mut claimed).map(|()| entry));
        let entry = match entry {
            Ok(entry) => entry,
            Err(refused) => {
                outcomes.push((position, refused));
                continue;
            }
        };
        if actions + entry.len() > MAX_ACTIONS && !batch.is_empty() {
            batches.push(std::mem::take(&mut batch));
            actions = 0;
        }
        actions += entry.len();
        batch.push((position, entry));
    }
    batches.push(batch);
    batches
}
