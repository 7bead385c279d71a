//! How often a request that was turned away is sent again, and after how long.
//!
//! What failed, or was not answered, the SDK has sent twice by then.

use std::time::Duration;

/// Somebody waits for the answer.
const MAX_ATTEMPTS: u32 = 5;
const SHORTEST_PAUSE_MS: u64 = 20;

/// The attempts at one request.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    made: u32,
}

impl Attempts {
    /// Whether to try again, which is then the time for it.
    pub(super) async fn go_on(&mut self) -> bool {
        self.made += 1;
        if self.made >= MAX_ATTEMPTS {
            return false;
        }
        tokio::time::sleep(self.pause()).await;
        true
    }

    /// Longer each time, and of no fixed length: those who got in each other's
    /// way would do so again.
    fn pause(&self) -> Duration {
        let longest = SHORTEST_PAUSE_MS << self.made;
        let mut random = [0];
        // Without random numbers it is the longest.
        let share = getrandom::fill(&mut random).map_or(u64::from(u8::MAX), |()| u64::from(random[0]));
        Duration::from_millis(longest / 2 + longest * share / 512)
    }
}
