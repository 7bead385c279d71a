//! The settings of the rotation, and the times that follow from them.

use token::{
    Algorithm, AlgorithmSet, Environment, Faults, MAX_LIFETIME_SECS, SecretEncoding, SecretForm,
    SettingsReader,
};

/// A week: longer waits are mistyped numbers.
const MAX_SECONDS: u64 = 604_800;

/// The numbers that make a rotation safe, all in seconds.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to read a secret that is not a ring yet.
    pub(crate) form: SecretForm,
    /// From publishing a key to signing with it.
    pub(crate) sign_after_secs: u64,
    /// The longest lifetime of a token.
    pub(crate) token_lifetime_secs: u64,
    /// The age at which a verifier stops using its ring.
    pub(crate) hard_limit_secs: u64,
    /// The age at which an issuer stops signing with its ring.
    pub(crate) lease_secs: u64,
    /// What verifiers grant on top of `exp`.
    pub(crate) leeway_secs: u64,
    /// How far two clocks may differ.
    pub(crate) clock_skew_secs: u64,
    /// How long a read may show the version before.
    pub(crate) read_lag_secs: u64,
}

impl Settings {
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one message.
    pub fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let mut secs = |name, default| reader.number(name, default, 0..=MAX_SECONDS);
        let [sign_after_secs, hard_limit_secs, lease_secs, clock_skew_secs, read_lag_secs] = [
            secs("ROTATION_SIGN_AFTER_SECONDS", 14_400),
            secs("KEY_MAX_STALE_SECONDS", 3600),
            secs("KEY_LEASE_SECONDS", 3600),
            secs("CLOCK_SKEW_SECONDS", 60),
            secs("READ_LAG_SECONDS", 60),
        ];
        let settings = Self {
            form: read_form(&mut reader),
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
        if settings.sign_after_secs <= settings.reading_secs() {
            reader.fault(
                "ROTATION_SIGN_AFTER_SECONDS",
                "is not larger than KEY_MAX_STALE_SECONDS, CLOCK_SKEW_SECONDS and READ_LAG_SECONDS together",
            );
        }
        reader.finish(settings)
    }

    /// How long it takes at most until every verifier has read a new ring.
    pub(crate) fn reading_secs(&self) -> u64 {
        self.hard_limit_secs.saturating_add(self.clock_skew_secs).saturating_add(self.read_lag_secs)
    }

    /// How long after its successor's first signature a key still verifies.
    pub(crate) fn overlap_secs(&self) -> u64 {
        let late_signatures = self.lease_secs.saturating_sub(self.hard_limit_secs);
        self.token_lifetime_secs.saturating_add(self.leeway_secs).saturating_add(late_signatures)
    }
}

fn read_form(reader: &mut SettingsReader<'_>) -> SecretForm {
    SecretForm {
        field: reader.optional("JWT_SECRET_FIELD").unwrap_or_else(|| "JWT_SECRET".into()),
        encoding: reader.choice("JWT_SECRET_ENCODING", SecretEncoding::Utf8, &SecretEncoding::NAMES),
        algorithms: AlgorithmSet::only(Algorithm::HS256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Faults> {
        Settings::read(&|name| {
            variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_defaults_leave_an_hour_and_more_to_finish() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.reading_secs(), 3720);
        assert_eq!(settings.overlap_secs(), 3630);
        assert!(settings.sign_after_secs >= settings.reading_secs() + 3600);
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
