//! The two clocks, as an argument.
//!
//! Nothing in this crate asks the operating system what time it is: `main`
//! hands one [`Clock`] in, and everything that compares times takes it along.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// One reading of both clocks. Unlike `token::Moment` it keeps the fraction of
/// a second, because Lambda deadlines are given in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub wall: SystemTime,
    /// Time since some fixed start of this process.
    pub monotonic: Duration,
}

impl Now {
    pub(crate) fn unix_millis(self) -> u64 {
        let since_epoch = self.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }
}

pub type Clock = Arc<dyn Fn() -> Now + Send + Sync>;
