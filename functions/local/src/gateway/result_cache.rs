//! The gateway's cache of authorizer answers.
//!
//! Keyed by the identity source values and by nothing else: a policy cached for
//! one route is evaluated again for every other, and a simple answer holds for
//! all of them. Only well-formed answers get in; errors never do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::authorizer_output::Verdict;

/// Keeps a load test with ever new tokens from growing without bound.
const MAX_ENTRIES: usize = 10_000;
/// Below that many it is not worth looking for what has expired.
const MIN_SWEEP: usize = 64;

#[derive(Debug)]
pub(super) struct ResultCache {
    time_to_live: Duration,
    entries: Mutex<Entries>,
}

#[derive(Debug)]
struct Entries {
    by_identity: HashMap<Vec<String>, Entry>,
    /// How many there may be before what has expired is dropped.
    sweep_at: usize,
}

#[derive(Debug)]
struct Entry {
    verdict: Arc<Verdict>,
    expires: Duration,
}

impl ResultCache {
    /// A `time_to_live` of zero switches the cache off, as on AWS.
    pub(super) fn new(time_to_live: Duration) -> Self {
        let entries = Entries { by_identity: HashMap::new(), sweep_at: MIN_SWEEP };
        Self { time_to_live, entries: Mutex::new(entries) }
    }

    /// `now` is on the monotonic clock, here and below.
    pub(super) fn get(&self, identity: &[String], now: Duration) -> Option<Arc<Verdict>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.by_identity.get(identity).filter(|entry| now < entry.expires)?;
        Some(Arc::clone(&entry.verdict))
    }

    pub(super) fn put(&self, identity: Vec<String>, verdict: Arc<Verdict>, now: Duration) {
        if self.time_to_live.is_zero() {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_identity.len() >= entries.sweep_at {
            entries.drop_expired(now);
        }
        if entries.by_identity.len() < MAX_ENTRIES {
            entries.by_identity.insert(identity, Entry { verdict, expires: now + self.time_to_live });
        }
    }
}

impl Entries {
    /// The next time is at twice of what is left, so that each entry is looked at a few
    /// times at most, and memory follows what is alive.
    fn drop_expired(&mut self, now: Duration) {
        self.by_identity.retain(|_, entry| now < entry.expires);
        self.sweep_at = (2 * self.by_identity.len()).clamp(MIN_SWEEP, MAX_ENTRIES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(token: &str) -> Vec<String> {
        vec![token.to_owned()]
    }

    fn yes() -> Arc<Verdict> {
        Arc::new(Verdict::Simple { is_authorized: true, context: None })
    }

    #[test]
    fn an_answer_lives_as_long_as_its_time() {
        let cache = ResultCache::new(Duration::from_secs(2));
        cache.put(identity("a"), yes(), Duration::from_secs(10));
        assert!(cache.get(&identity("a"), Duration::from_millis(11_999)).is_some());
        assert!(cache.get(&identity("a"), Duration::from_secs(12)).is_none());
        assert!(cache.get(&identity("b"), Duration::from_secs(10)).is_none());
    }

    #[test]
    fn zero_switches_it_off() {
        let cache = ResultCache::new(Duration::ZERO);
        cache.put(identity("a"), yes(), Duration::ZERO);
        assert!(cache.get(&identity("a"), Duration::ZERO).is_none());
    }

    #[test]
    fn what_has_expired_takes_no_room() {
        let cache = ResultCache::new(Duration::from_secs(2));
        for second in 0..1_000 {
            for number in 0..10 {
                cache.put(identity(&format!("{second} {number}")), yes(), Duration::from_secs(second));
            }
        }
        let entries = cache.entries.lock().unwrap();
        assert!(entries.by_identity.len() <= MIN_SWEEP, "{} entries, 20 alive", entries.by_identity.len());
    }

    #[test]
    fn a_full_cache_drops_what_has_expired() {
        let cache = ResultCache::new(Duration::from_secs(2));
        for number in 0..MAX_ENTRIES {
            cache.put(identity(&number.to_string()), yes(), Duration::ZERO);
        }
        cache.put(identity("early"), yes(), Duration::from_secs(1));
        assert!(cache.get(&identity("early"), Duration::from_secs(1)).is_none());
        cache.put(identity("late"), yes(), Duration::from_secs(3));
        assert!(cache.get(&identity("late"), Duration::from_secs(3)).is_some());
    }
}
