//! What is counted, in which period, and until when that is of interest.

use token::Timestamp;

use super::Period;

/// Something of one owner that is counted in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Counter {
    /// The requests of a minute.
    Requests(Period),
    /// The tokens of a day, used or set aside.
    Tokens(Period),
}

impl Counter {
    /// Clocks that differ by minutes count in the same minute nevertheless.
    const REQUESTS_KEPT_SECS: u64 = 300;

    /// An answer that began before midnight is settled after it.
    const TOKENS_KEPT_SECS: u64 = 3 * 86_400;

    /// When the counter is gone. It follows from what is counted: no two
    /// processes can write a different one.
    pub(super) fn expires_at(self) -> Timestamp {
        match self {
            Self::Requests(minute) => minute.end_of_minute().plus(Self::REQUESTS_KEPT_SECS),
            Self::Tokens(day) => day.end_of_day().plus(Self::TOKENS_KEPT_SECS),
        }
    }
}
