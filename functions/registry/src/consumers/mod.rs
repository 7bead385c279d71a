//! Consumers and their credentials, for whoever administers them.
//!
//! The table is the only place where they are. Verifiers read the items of
//! credentials and nothing else that is here; so every write leaves credentials
//! that a verifier can use and that say truly whose they are, and whatever a
//! name or an ending depends on is written in one transaction. Reads are
//! consistent, but for the lists of everything, which come from an index and may
//! lag behind by a moment.
//!
//! In reading order: what is given and returned, how it is stored, what can be
//! done with consumers, what with credentials, and many at once.

mod change;
mod consumer;
mod credential;
mod page;
mod refusal;

mod consumer_item;
mod credential_changes;
mod index;
mod items;
mod marker;
mod patience;
mod stored_credential;
mod subject;
mod transaction;

mod listing;

mod consumer_deletion;
mod consumer_reads;
mod consumer_writes;
mod credential_reads;
mod credential_transactions;
mod credential_writes;
mod signing;

mod import;
mod import_batch;
mod import_entry;
mod import_single;

use std::{pin::Pin, time::Duration};

use aws_config::SdkConfig;

use self::items::Items;
pub use self::{
    change::Change,
    consumer::{Consumer, ConsumerChange, NewConsumer, PutBy},
    credential::{CredentialChange, CredentialPath, CredentialView, NewCredential, SecretState},
    import::{ConsumerImport, Imported},
    page::{Offset, Page, PageRequest, PageSize},
    refusal::{ConsumerError, Fault, Missing, Refusal, Taken},
};
use crate::RegistryUnavailable;

/// How often a write is worked out anew because others wrote at the same time.
const ROUNDS: u32 = 8;

/// The longest that one call may take, whatever the table does.
const PATIENCE: Duration = Duration::from_secs(20);

/// Consumers and their credentials in the registry's table.
#[derive(Clone)]
pub struct Consumers {
    items: Items,
}

impl Consumers {
    pub fn new(aws: &SdkConfig, table: String) -> Self {
        Self { items: Items::new(aws, table) }
    }
}

/// A call, on the heap: with all that it may have to do it is large.
type Call<'c, T> = Pin<Box<dyn Future<Output = Result<T, ConsumerError>> + Send + 'c>>;

/// Ends a call that takes too long.
async fn in_time<T>(call: Call<'_, T>) -> Result<T, ConsumerError> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(result) => result,
        Err(_) => Err(RegistryUnavailable("no answer in time".into()).into()),
    }
}

/// What others wrote kept ours from being written.
fn contended() -> ConsumerError {
    RegistryUnavailable("others write the same at the same time".into()).into()
}
