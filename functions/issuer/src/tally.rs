//! Counting what may happen a thousand times a second, with a line in the log at
//! most once a minute.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use token::Moment;

/// The pause between two lines about one thing.
const PAUSE_SECS: u64 = 60;

/// How often something has happened.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    count: AtomicU64,
    told_at: Mutex<Option<Moment>>,
}

impl Tally {
    /// Counts one more. Returns how many there have been, where the log should
    /// hear of it: the first time, and then after each pause.
    pub(crate) fn add(&self, now: Moment) -> Option<u64> {
        let count = self.count.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        // Nothing under this lock can leave a half-written state behind.
        let mut told_at = self.told_at.lock().unwrap_or_else(PoisonError::into_inner);
        if told_at.is_some_and(|told_at| now.age_secs(told_at) < PAUSE_SECS) {
            return None;
        }
        *told_at = Some(now);
        Some(count)
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use token::Timestamp;

    use super::*;

    #[test]
    fn the_first_is_told_and_then_one_a_minute() {
        let at = |secs| Moment {
            subsec_millis: 0,
            wall: Timestamp::from_unix_secs(1_750_000_000).plus(secs),
            monotonic: Duration::from_secs(secs),
        };
        let tally = Tally::default();
        let told: Vec<_> = [0, 0, 59, 60, 61, 120].map(|secs| tally.add(at(secs))).into();
        assert_eq!(told, [Some(1), None, None, Some(4), None, Some(6)]);
        assert_eq!(tally.count(), 6);
    }
}
