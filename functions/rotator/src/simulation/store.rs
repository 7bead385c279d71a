//! The secret store: what has become current, and what a reader may still see.

use token::KeyRing;

use super::random::Random;

/// All values that were current, oldest first.
#[derive(Debug)]
pub(super) struct Store {
    history: Vec<(u64, KeyRing)>,
    read_lag_secs: u64,
}

impl Store {
    pub(super) fn new(first: KeyRing, read_lag_secs: u64) -> Self {
        Self { history: vec![(0, first)], read_lag_secs }
    }

    pub(super) fn make_current(&mut self, ring: KeyRing, secs: u64) {
        self.history.push((secs, ring));
    }

    pub(super) fn current(&self) -> &KeyRing {
        &self.history.last().unwrap().1
    }

    /// What a reader gets, which may be behind by the read lag.
    pub(super) fn read(&self, secs: u64, random: &mut Random) -> KeyRing {
        let lag_secs = random.within(0..=self.read_lag_secs);
        let mut seen = self.history.iter().rev().filter(|(since, _)| *since == 0 || since + lag_secs <= secs);
        seen.next().unwrap().1.clone()
    }
}
