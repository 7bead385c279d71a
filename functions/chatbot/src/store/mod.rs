//! Where conversations, limits and idempotency keys are kept.
//!
//! Everything is addressed through its [`Owner`]: what belongs to somebody else
//! is not found, because it cannot be named. Entries past their expiry are not
//! there, whether or not they have been swept.
//!
//! [`Owner`]: crate::conversation::Owner

mod budget;
mod claim;
mod counter;
mod history;
mod memory;
mod page;
mod period;
mod settings;
mod table;
#[cfg(test)]
mod tests;

use aws_config::SdkConfig;

pub(crate) use claim::{Claim, Claimed, KeyHash};
pub(crate) use page::{Page, Range};
pub(crate) use period::Period;
pub(crate) use settings::StoreSettings;

use settings::Bounds;

/// The stores there are.
#[derive(Debug)]
pub(crate) enum Store {
    /// Gone when the process ends: for development.
    Memory(memory::MemoryStore),
    /// In DynamoDB.
    Table(table::Table),
}

/// The store could not be read or written: "could not tell", never "no".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store of conversations cannot be reached")]
pub(crate) struct StoreUnavailable;

/// What came of adding a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    Yes,
    /// There is no such conversation, or not any more.
    NoConversation,
    /// It has as many messages as it takes.
    Full,
}

/// What came of deleting a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    Yes,
    NoConversation,
    /// Nobody can read it any more, but not all of it is gone: ask again.
    NotAllYet,
}

impl Store {
    /// `aws` may be `None` where [`StoreSettings::needs_aws`] says so; a table
    /// without it cannot be reached.
    pub(crate) fn new(settings: StoreSettings, aws: Option<&SdkConfig>) -> Self {
        let bounds = settings.bounds();
        match settings.table {
            None => Self::Memory(memory::MemoryStore::new(bounds)),
            Some(name) => Self::Table(table::Table::new(aws, name, bounds)),
        }
    }
}
