//! What the table said a few seconds ago.
//!
//! Bounded in time (a change is seen after that many seconds at the latest) and
//! in size (a flood of different tokens costs no more memory than this).

use std::collections::HashMap;

use token::Moment;

pub(crate) struct Cache<V> {
    ttl_secs: u64,
    capacity: usize,
    values: HashMap<String, (V, Moment)>,
}

impl<V: Clone> Cache<V> {
    pub(crate) fn new(ttl_secs: u64, capacity: usize) -> Self {
        Self { ttl_secs, capacity, values: HashMap::new() }
    }

    pub(crate) fn get(&self, key: &str, now: Moment) -> Option<V> {
        let (value, read) = self.values.get(key)?;
        self.is_fresh(*read, now).then(|| value.clone())
    }

    /// Returns what was read last, however long ago: a hint, never an answer.
    pub(crate) fn last(&self, key: &str) -> Option<&V> {
        self.values.get(key).map(|(value, _)| value)
    }

    pub(crate) fn put(&mut self, key: String, value: V, now: Moment) {
        if self.ttl_secs == 0 {
            return;
        }
        if self.values.len() >= self.capacity {
            let ttl_secs = self.ttl_secs;
            self.values.retain(|_, (_, read)| now.age_secs(*read) < ttl_secs);
        }
        if self.values.len() >= self.capacity {
            self.values.clear();
        }
        self.values.insert(key, (value, now));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.values.remove(key);
    }

    fn is_fresh(&self, read: Moment, now: Moment) -> bool {
        now.age_secs(read) < self.ttl_secs
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use token::Timestamp;

    use super::*;

    pub(crate) fn at(secs: u64) -> Moment {
        Moment {
            subsec_millis: 0,
            wall: Timestamp::from_unix_secs(0).plus(secs),
            monotonic: Duration::from_secs(secs),
        }
    }

    #[test]
    fn an_answer_is_forgotten_after_its_time() {
        let mut cache = Cache::new(5, 10);
        cache.put("SID#a".into(), 1, at(100));
        assert_eq!(cache.get("SID#a", at(104)), Some(1));
        assert_eq!(cache.get("SID#a", at(105)), None);
        assert_eq!(cache.last("SID#a"), Some(&1), "as a hint it stays");
        assert_eq!(cache.get("SID#b", at(100)), None);
        cache.remove("SID#a");
        assert_eq!(cache.last("SID#a"), None);
    }

    #[test]
    fn zero_seconds_switch_the_cache_off() {
        let mut cache = Cache::new(0, 10);
        cache.put("SID#a".into(), 1, at(100));
        assert_eq!(cache.get("SID#a", at(100)), None);
        assert_eq!(cache.last("SID#a"), None);
    }

    #[test]
    fn a_flood_of_keys_stays_within_the_bound() {
        let mut cache = Cache::new(5, 10);
        for n in 0..35 {
            cache.put(format!("JTI#{n}"), n, at(100));
            assert!(cache.values.len() <= 10);
        }
        assert_eq!(cache.get("JTI#34", at(100)), Some(34));
    }

    #[test]
    fn what_is_fresh_stays_where_the_stale_makes_room() {
        let mut cache = Cache::new(5, 3);
        for (key, secs) in [("old", 100), ("new", 104), ("newer", 105), ("newest", 105)] {
            cache.put(key.into(), (), at(secs));
        }
        assert_eq!(cache.get("new", at(105)), Some(()));
        assert_eq!(cache.last("old"), None);
    }
}
