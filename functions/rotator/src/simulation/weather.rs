//! Whether one machine reaches the secret store.

use super::random::Random;

const MINUTE: u64 = 60;

/// Good and bad times in turn; the bad ones are mostly short, and now and then
/// longer than every limit there is.
#[derive(Debug)]
pub(super) struct Weather {
    good: bool,
    until: u64,
}

impl Weather {
    pub(super) fn new(random: &mut Random) -> Self {
        Self { good: true, until: random.within(5 * MINUTE..=180 * MINUTE) }
    }

    pub(super) fn is_good(&mut self, secs: u64, random: &mut Random) -> bool {
        while self.until <= secs {
            self.good = !self.good;
            self.until += match (self.good, random.percent(20)) {
                (true, _) => random.within(5 * MINUTE..=180 * MINUTE),
                (false, false) => random.within(MINUTE..=20 * MINUTE),
                (false, true) => random.within(20 * MINUTE..=360 * MINUTE),
            };
        }
        self.good
    }
}
