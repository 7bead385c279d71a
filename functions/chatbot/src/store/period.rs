//! The days and minutes that limits are counted in.

use token::Timestamp;

/// One day or one minute, counted from 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Period(pub(crate) i64);

impl Period {
    const DAY_SECS: i64 = 86_400;
    const MINUTE_SECS: i64 = 60;

    /// The UTC day.
    pub(crate) fn day(now: Timestamp) -> Self {
        Self(now.as_unix_secs().div_euclid(Self::DAY_SECS))
    }

    /// The minute.
    pub(crate) fn minute(now: Timestamp) -> Self {
        Self(now.as_unix_secs().div_euclid(Self::MINUTE_SECS))
    }

    /// When this day is over.
    pub(crate) fn end_of_day(self) -> Timestamp {
        Timestamp::from_unix_secs(self.0.saturating_add(1).saturating_mul(Self::DAY_SECS))
    }

    /// When this minute is over.
    pub(crate) fn end_of_minute(self) -> Timestamp {
        Timestamp::from_unix_secs(self.0.saturating_add(1).saturating_mul(Self::MINUTE_SECS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_where_the_next_begins() {
        for secs in [0, 59, 60, 86_399, 86_400, 1_750_000_000, -1] {
            let now = Timestamp::from_unix_secs(secs);
            let (day, minute) = (Period::day(now), Period::minute(now));
            assert!(now < day.end_of_day() && now.plus(86_400) >= day.end_of_day(), "{secs}");
            assert!(now < minute.end_of_minute() && now.plus(60) >= minute.end_of_minute(), "{secs}");
            assert_eq!(Period::day(day.end_of_day()).0, day.0 + 1);
            assert_eq!(Period::minute(minute.end_of_minute()).0, minute.0 + 1);
        }
    }
}
