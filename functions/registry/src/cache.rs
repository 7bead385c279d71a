//! What the table said a few seconds ago.
//!
//! Bounded in time (a revocation is seen after that many seconds at the latest)
//! and in size (a flood of different tokens costs no more memory than this).

use std::collections::HashMap;

use token::Moment;

use crate::entry::Entry;

/// The most answers that are kept: some hundred bytes each.
const CAPACITY: usize = 4096;

pub(crate) struct EntryCache {
    ttl_secs: u64,
    entries: HashMap<String, (Entry, Moment)>,
}

impl EntryCache {
    pub(crate) fn new(ttl_secs: u64) -> Self {
        Self { ttl_secs, entries: HashMap::new() }
    }

    pub(crate) fn get(&self, key: &str, now: Moment) -> Option<Entry> {
        let (entry, read) = self.entries.get(key)?;
        self.is_fresh(*read, now).then_some(*entry)
    }

    pub(crate) fn put(&mut self, key: String, entry: Entry, now: Moment) {
        if self.ttl_secs == 0 {
            return;
        }
        if self.entries.len() >= CAPACITY {
            let ttl_secs = self.ttl_secs;
            self.entries.retain(|_, (_, read)| now.age_secs(*read) < ttl_secs);
        }
        if self.entries.len() >= CAPACITY {
            self.entries.clear();
        }
        self.entries.insert(key, (entry, now));
    }

    fn is_fresh(&self, read: Moment, now: Moment) -> bool {
        now.age_secs(read) < self.ttl_secs
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use token::Timestamp;

    use super::*;

    fn at(secs: u64) -> Moment {
        Moment { wall: Timestamp::from_unix_secs(0).plus(secs), monotonic: Duration::from_secs(secs) }
    }

    #[test]
    fn an_answer_is_forgotten_after_its_time() {
        let mut cache = EntryCache::new(5);
        cache.put("SID#a".into(), Entry::Absent, at(100));
        assert_eq!(cache.get("SID#a", at(104)), Some(Entry::Absent));
        assert_eq!(cache.get("SID#a", at(105)), None);
        assert_eq!(cache.get("SID#b", at(100)), None);
    }

    #[test]
    fn zero_seconds_switch_the_cache_off() {
        let mut cache = EntryCache::new(0);
        cache.put("SID#a".into(), Entry::Absent, at(100));
        assert_eq!(cache.get("SID#a", at(100)), None);
    }

    #[test]
    fn a_flood_of_keys_stays_within_the_bound() {
        let mut cache = EntryCache::new(5);
        for n in 0..3 * CAPACITY {
            cache.put(format!("JTI#{n}"), Entry::Absent, at(100));
            assert!(cache.entries.len() <= CAPACITY);
        }
        let last = format!("JTI#{}", 3 * CAPACITY - 1);
        assert_eq!(cache.get(&last, at(100)), Some(Entry::Absent));
    }
}
