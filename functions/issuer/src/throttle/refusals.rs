//! What is known, without asking the database, to be refused for a while.
//!
//! A storm of attempts on one account from one address costs a look into this
//! table and nothing else. It is no more than a shortcut: what is not in it is
//! looked up.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::bucket::LONGEST_WAIT_MS;

/// About 2 MiB. Beyond it the database is asked.
const CAPACITY: usize = 10_000;

/// Pairs of account and address, and until when they are refused.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<String, i64>>);

impl Refusals {
    pub(super) fn wait_ms(&self, pair: &str, now_ms: i64) -> Option<i64> {
        let until = *self.lock().get(pair)?;
        // A longer wait is a clock that was set back.
        Some(until.saturating_sub(now_ms)).filter(|wait| (1..=LONGEST_WAIT_MS).contains(wait))
    }

    pub(super) fn remember(&self, pair: String, wait_ms: i64, now_ms: i64) {
        let mut refused = self.lock();
        if refused.len() >= CAPACITY {
            refused.retain(|_, until| (now_ms + 1..=now_ms + LONGEST_WAIT_MS).contains(until));
        }
        if refused.len() < CAPACITY {
            refused.insert(pair, now_ms.saturating_add(wait_ms));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        // Nothing under this lock can leave a half-written state behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_until_its_time() {
        let refusals = Refusals::default();
        refusals.remember("a".into(), 30_000, 1_000_000);
        assert_eq!(refusals.wait_ms("a", 1_000_000), Some(30_000));
        assert_eq!(refusals.wait_ms("a", 1_029_999), Some(1));
        assert_eq!(refusals.wait_ms("a", 1_030_000), None);
        assert_eq!(refusals.wait_ms("b", 1_000_000), None);
        assert_eq!(refusals.wait_ms("a", 0), None, "the clock was set back");
    }

    #[test]
    fn the_table_has_an_end_and_makes_room_for_what_is_current() {
        let refusals = Refusals::default();
        for number in 0..=CAPACITY {
            refusals.remember(number.to_string(), 1000, 0);
        }
        assert_eq!(refusals.lock().len(), CAPACITY);
        assert_eq!(refusals.wait_ms(&CAPACITY.to_string(), 0), None);
        refusals.remember("later".into(), 1000, 5000);
        assert_eq!(refusals.wait_ms("later", 5000), Some(1000));
        assert_eq!(refusals.lock().len(), 1);
    }
}
