//! Time as a value: nothing in this crate asks what time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z without leap
/// seconds (`NumericDate`, RFC 7519 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_unix_secs(secs: i64) -> Self {
        Self(secs)
    }

    pub const fn as_unix_secs(self) -> i64 {
        self.0
    }

    /// Returns the moment `secs` seconds later, or the last one there is.
    #[must_use]
    pub const fn plus(self, secs: u64) -> Self {
        Self(self.0.saturating_add_unsigned(secs))
    }

    /// Returns the moment `secs` seconds earlier, or the first one there is.
    #[must_use]
    pub const fn minus(self, secs: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(secs))
    }

    /// Returns the seconds from `earlier` to `self`, 0 where `earlier` is later.
    pub fn secs_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let secs = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |secs| -secs),
        };
        Self(secs)
    }
}

/// One reading of both clocks.
///
/// Lambda freezes a process between invocations, and its monotonic clock may
/// stand still meanwhile; the wall clock may be stepped. Whoever measures an
/// age takes the larger of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub wall: Timestamp,
    /// The milliseconds since that second began, for ids that sort by time.
    pub subsec_millis: u16,
    /// Time on the monotonic clock since some fixed start of this process.
    pub monotonic: Duration,
}

impl Moment {
    pub fn new(wall: SystemTime, monotonic: Duration) -> Self {
        let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let subsec_millis = u16::try_from(since.subsec_millis()).unwrap_or(0);
        Self { wall: wall.into(), subsec_millis, monotonic }
    }

    /// The milliseconds since 1970-01-01T00:00:00Z, 0 before that.
    pub fn unix_millis(self) -> u64 {
        let secs = u64::try_from(self.wall.as_unix_secs()).unwrap_or(0);
        secs.saturating_mul(1000).saturating_add(self.subsec_millis.into())
    }

    /// Returns the seconds since `earlier`, by whichever clock says more.
    pub fn age_secs(self, earlier: Self) -> u64 {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic).as_secs();
        self.wall.secs_since(earlier.wall).max(monotonic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall: i64, monotonic: u64) -> Moment {
        Moment {
            subsec_millis: 0,
            wall: Timestamp::from_unix_secs(wall),
            monotonic: Duration::from_secs(monotonic),
        }
    }

    #[test]
    fn an_age_is_the_larger_of_both_clocks() {
        assert_eq!(moment(1_000, 50).age_secs(moment(400, 40)), 600, "frozen process");
        assert_eq!(moment(1_000, 50).age_secs(moment(1_000, 40)), 10);
        assert_eq!(moment(400, 50).age_secs(moment(1_000, 40)), 10, "wall clock stepped back");
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        let end = Timestamp::from_unix_secs(i64::MAX);
        assert_eq!(end.plus(1), end);
        assert_eq!(Timestamp::from_unix_secs(5).minus(u64::MAX).as_unix_secs(), i64::MIN);
        assert_eq!(Timestamp::from_unix_secs(5).secs_since(Timestamp::from_unix_secs(9)), 0);
    }
}
