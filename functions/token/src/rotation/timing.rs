//! The numbers that make a rotation safe, and the times that follow from them.

use crate::{MAX_LIFETIME_SECS, SettingsReader};

/// A week: longer waits are mistyped numbers.
const MAX_SECONDS: u64 = 604_800;

/// What a rotation has to know of everybody who holds a copy of the ring, all in
/// seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationTiming {
    /// From publishing a key to signing with it.
    pub sign_after_secs: u64,
    /// The longest lifetime of a token.
    pub token_lifetime_secs: u64,
    /// The age at which a verifier stops using its ring.
    pub hard_limit_secs: u64,
    /// The age at which an issuer stops signing with its ring.
    pub lease_secs: u64,
    /// What verifiers grant on top of `exp`.
    pub leeway_secs: u64,
    /// How far two clocks may differ.
    pub clock_skew_secs: u64,
    /// How long a read may show the version before.
    pub read_lag_secs: u64,
}

impl RotationTiming {
    /// Reads the settings of whoever rotates. Notes as a fault where a key would
    /// sign before every verifier can know it.
    pub fn read(reader: &mut SettingsReader<'_>) -> Self {
        let mut secs = |name, default| reader.number(name, default, 0..=MAX_SECONDS);
        let [sign_after_secs, hard_limit_secs, lease_secs, clock_skew_secs, read_lag_secs] = [
            secs("ROTATION_SIGN_AFTER_SECONDS", 14_400),
            secs("KEY_MAX_STALE_SECONDS", 3600),
            secs("KEY_LEASE_SECONDS", 3600),
            secs("CLOCK_SKEW_SECONDS", 60),
            secs("READ_LAG_SECONDS", 60),
        ];
        let timing = Self {
            sign_after_secs,
            token_lifetime_secs: reader.number(
                "TOKEN_LIFETIME_SECONDS",
                MAX_LIFETIME_SECS,
                1..=MAX_LIFETIME_SECS,
            ),
            hard_limit_secs,
            lease_secs,
            leeway_secs: reader.number("JWT_LEEWAY_SECONDS", 30, 0..=300),
            clock_skew_secs,
            read_lag_secs,
        };
        if timing.sign_after_secs <= timing.reading_secs() {
            reader.fault(
                "ROTATION_SIGN_AFTER_SECONDS",
                "is not larger than KEY_MAX_STALE_SECONDS, CLOCK_SKEW_SECONDS and READ_LAG_SECONDS together",
            );
        }
        timing
    }

    /// How long it takes at most until every verifier has read a new ring.
    pub fn reading_secs(&self) -> u64 {
        self.hard_limit_secs.saturating_add(self.clock_skew_secs).saturating_add(self.read_lag_secs)
    }

    /// How long after its successor's first signature a key still verifies.
    pub fn overlap_secs(&self) -> u64 {
        let late_signatures = self.lease_secs.saturating_sub(self.hard_limit_secs);
        self.token_lifetime_secs.saturating_add(self.leeway_secs).saturating_add(late_signatures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Faults;

    fn read(variables: &[(&str, &str)]) -> Result<RotationTiming, Faults> {
        let environment = |name: &str| {
            variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        };
        let mut reader = SettingsReader::new(&environment);
        let timing = RotationTiming::read(&mut reader);
        reader.finish(timing)
    }

    #[test]
    fn the_defaults_leave_an_hour_and_more_to_finish() {
        let timing = read(&[]).unwrap();
        assert_eq!(timing.reading_secs(), 3720);
        assert_eq!(timing.overlap_secs(), 3630);
        assert!(timing.sign_after_secs >= timing.reading_secs() + 3600);
    }

    #[test]
    fn a_key_may_not_sign_before_every_verifier_can_know_it() {
        let faults = read(&[("ROTATION_SIGN_AFTER_SECONDS", "3720")]).unwrap_err();
        assert_eq!(
            faults.to_string(),
            "wrong settings: ROTATION_SIGN_AFTER_SECONDS is not larger than KEY_MAX_STALE_SECONDS, \
             CLOCK_SKEW_SECONDS and READ_LAG_SECONDS together"
        );
    }

    #[test]
    fn an_issuer_with_a_longer_lease_keeps_the_old_key_longer() {
        assert_eq!(read(&[("KEY_LEASE_SECONDS", "7200")]).unwrap().overlap_secs(), 3630 + 3600);
    }
}
