//! Requests and tokens, counted in memory.

use token::Timestamp;

use super::MemoryStore;
use crate::{conversation::Owner, store::counter::Counter};

impl MemoryStore {
    pub(in crate::store) fn count(
        &self,
        owner: &Owner,
        counter: Counter,
        amount: u64,
        limit: u64,
        now: Timestamp,
    ) -> bool {
        self.with(owner, now, |belongings| {
            let counted = belongings.counters.get(&counter).copied().unwrap_or(0).checked_add(amount);
            let within = counted.filter(|counted| *counted <= limit);
            if let Some(counted) = within {
                belongings.counters.insert(counter, counted);
            }
            within.is_some()
        })
    }

    pub(in crate::store) fn settle(
        &self,
        owner: &Owner,
        counter: Counter,
        reserved: u64,
        used: u64,
        now: Timestamp,
    ) {
        self.with(owner, now, |belongings| {
            let counted = belongings.counters.entry(counter).or_default();
            *counted = counted.saturating_add(used).saturating_sub(reserved);
        });
    }

    pub(in crate::store) fn counted(&self, owner: &Owner, counter: Counter, now: Timestamp) -> u64 {
        self.with(owner, now, |belongings| belongings.counters.get(&counter).copied().unwrap_or(0))
    }
}
