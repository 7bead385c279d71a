//! The clocks of one machine, somewhat wrong.

use std::time::Duration;

use token::{Moment, Timestamp};

use super::random::Random;

/// When a simulation begins.
const START: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    ahead_secs: u64,
    behind_secs: u64,
    /// One second in so many is seen by the monotonic clock; a machine that is
    /// frozen between requests misses the others.
    monotonic_share: u64,
}

impl Clock {
    /// Any two of these clocks differ by `skew_secs` at most.
    pub(super) fn new(skew_secs: u64, random: &mut Random) -> Self {
        let off = skew_secs / 2;
        let (ahead_secs, behind_secs) = match random.within(0..=3) {
            0 => (off, 0),
            1 => (0, off),
            _ => (random.within(0..=off), random.within(0..=off)),
        };
        Self { ahead_secs, behind_secs, monotonic_share: if random.percent(30) { 4 } else { 1 } }
    }

    /// What this machine reads `secs` seconds after the start.
    pub(super) fn at(self, secs: u64) -> Moment {
        Moment {
            subsec_millis: 0,
            wall: START.plus(secs).plus(self.ahead_secs).minus(self.behind_secs),
            monotonic: Duration::from_secs(secs / self.monotonic_share),
        }
    }
}
