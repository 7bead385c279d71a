//! Leaky buckets: what a failed login counts against, and how much of it is let
//! through.
//!
//! A failure fills a bucket by one, and it empties by one per interval. What has
//! to be kept is when it will be empty, in milliseconds: the further off, the
//! fuller. When it was counted in last tells that from a clock that was set back.

/// What a failure counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    /// An address; of IPv6 a /64, which is what one client has.
    Address,
    /// A /48 of IPv6: whoever has one has 65,536 addresses of the above.
    Site,
    /// A username, whether there is such a user or not, from one address.
    AccountAddress,
    /// A username from all addresses together that the user has not logged in
    /// from lately.
    Account,
}

/// So many failures at once, and one more per interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    burst: i64,
    interval_ms: i64,
}

/// The largest wait for room in a bucket that is full: it is full by a whole
/// interval at most.
pub(super) const LONGEST_WAIT_MS: i64 = 60_000;

/// How far the clocks of processes that count together may differ.
const CLOCK_ERROR_MS: i64 = 60_000;

impl Bucket {
    /// In the order in which their rows are taken, which is the same everywhere:
    /// two transactions never wait for each other.
    pub(crate) const ALL: [Self; 4] = [Self::Site, Self::Address, Self::AccountAddress, Self::Account];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Site => "site",
            Self::AccountAddress => "account_address",
            Self::Account => "account",
        }
    }

    pub(crate) const fn limit(self) -> Limit {
        match self {
            Self::Address => Limit { burst: 30, interval_ms: 10_000 },
            Self::Site => Limit { burst: 300, interval_ms: 1000 },
            Self::AccountAddress => Limit { burst: 5, interval_ms: 30_000 },
            Self::Account => Limit { burst: 50, interval_ms: 60_000 },
        }
    }
}

/// Returns when a bucket can have been counted in last. One that was so later was
/// counted in before a clock was set back, and says nothing.
pub(crate) const fn latest_count_ms(now_ms: i64) -> i64 {
    now_ms.saturating_add(CLOCK_ERROR_MS)
}

impl Limit {
    pub(crate) const fn interval_ms(self) -> i64 {
        self.interval_ms
    }

    /// A bucket that will be empty by then, or earlier, has room for one more.
    pub(crate) const fn last_with_room(self, now_ms: i64) -> i64 {
        now_ms.saturating_add((self.burst - 1) * self.interval_ms)
    }

    /// Returns how long it takes until there is room, `None` where there is.
    pub(crate) const fn wait_ms(self, empty_at_ms: i64, now_ms: i64) -> Option<i64> {
        let wait = empty_at_ms.saturating_sub(self.last_with_room(now_ms));
        if wait > 0 { Some(wait) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many failures are let through at once after `ms` of silence
    /// that follow a full bucket.
    fn let_through(bucket: Bucket, ms: i64) -> i64 {
        let limit = bucket.limit();
        let mut empty_at = limit.last_with_room(0) + limit.interval_ms();
        let mut count = 0;
        while limit.wait_ms(empty_at, ms).is_none() {
            empty_at = empty_at.max(ms) + limit.interval_ms();
            count += 1;
        }
        count
    }

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_one_per_interval() {
        for (bucket, burst, secs) in [
            (Bucket::Address, 30, 10),
            (Bucket::Site, 300, 1),
            (Bucket::AccountAddress, 5, 30),
            (Bucket::Account, 50, 60),
        ] {
            assert_eq!(let_through(bucket, 0), 0);
            assert_eq!(let_through(bucket, secs * 1000 - 1), 0);
            assert_eq!(let_through(bucket, secs * 1000), 1);
            assert_eq!(let_through(bucket, secs * 2000), 2);
            assert_eq!(let_through(bucket, i64::from(u32::MAX)), burst, "{bucket:?}");
            assert!(bucket.limit().interval_ms() <= LONGEST_WAIT_MS);
        }
    }

    #[test]
    fn who_is_turned_away_is_told_for_how_long() {
        let limit = Bucket::AccountAddress.limit();
        assert_eq!(limit.wait_ms(150_000, 0), Some(30_000));
        assert_eq!(limit.wait_ms(150_000, 29_999), Some(1));
        assert_eq!(limit.wait_ms(150_000, 30_000), None);
        assert_eq!(limit.wait_ms(i64::MIN, i64::MAX), None);
    }
}
