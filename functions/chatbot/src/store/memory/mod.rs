//! The store in the memory of the process.
//!
//! Each call works on what belongs to one owner, and sweeps what of it has
//! expired first: whatever is found is there.

mod budget;
mod claims;
mod history;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use token::Timestamp;

use super::{
    Bounds,
    claim::{KeptClaim, KeyHash},
    counter::Counter,
};
use crate::conversation::{Conversation, Id, Message, Owner};

#[derive(Debug)]
pub(crate) struct MemoryStore {
    bounds: Bounds,
    owners: Mutex<HashMap<Owner, Belongings>>,
}

/// All that one owner has.
#[derive(Debug, Default)]
struct Belongings {
    conversations: BTreeMap<Id, Kept>,
    counters: HashMap<Counter, u64>,
    claims: HashMap<KeyHash, Expiring<KeptClaim>>,
}

/// A conversation with its messages.
#[derive(Debug)]
struct Kept {
    conversation: Conversation,
    questions: u32,
    expires_at: Timestamp,
    messages: BTreeMap<Id, Expiring<Message>>,
}

#[derive(Debug)]
struct Expiring<T> {
    value: T,
    expires_at: Timestamp,
}

impl MemoryStore {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, owners: Mutex::default() }
    }

    /// Does `work` on what `owner` has at `now`.
    fn with<T>(&self, owner: &Owner, now: Timestamp, work: impl FnOnce(&mut Belongings) -> T) -> T {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let belongings = owners.entry(owner.clone()).or_default();
        belongings.sweep(now);
        work(belongings)
    }
}

impl Belongings {
    fn sweep(&mut self, now: Timestamp) {
        self.conversations.retain(|_, kept| now < kept.expires_at);
        for kept in self.conversations.values_mut() {
            kept.messages.retain(|_, message| now < message.expires_at);
        }
        self.counters.retain(|counter, _| now < counter.expires_at());
        self.claims.retain(|_, claim| now < claim.expires_at);
    }
}
