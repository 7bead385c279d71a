//! The settings that choose a source and the limits of its cache.

use aws_config::SdkConfig;
use token::{AlgorithmSet, SettingsReader};

use crate::{CacheLimits, ConfiguredSource, KeyPlace, SourceError, file, place::Place, source::ring_of};

/// A day: nobody wants a longer one, and many mistyped numbers are larger.
const MAX_SECONDS: u64 = 86_400;

/// Where the secret is, how to read it, and how long a copy is good.
#[derive(Debug)]
pub struct KeySettings {
    place: KeyPlace,
    pub(crate) limits: CacheLimits,
}

impl KeySettings {
    /// Reads the settings of a verifier.
    pub fn read(reader: &mut SettingsReader<'_>, algorithms: AlgorithmSet) -> Self {
        Self::read_with_limit(reader, algorithms, "KEY_MAX_STALE_SECONDS")
    }

    /// Reads the settings of an issuer. Its hard limit is the lease: it does
    /// not sign with a ring that is older.
    pub fn read_for_issuer(reader: &mut SettingsReader<'_>, algorithms: AlgorithmSet) -> Self {
        Self::read_with_limit(reader, algorithms, "KEY_LEASE_SECONDS")
    }

    fn read_with_limit(reader: &mut SettingsReader<'_>, algorithms: AlgorithmSet, hard_limit: &str) -> Self {
        let place = KeyPlace::read(reader, algorithms);
        match &place.place {
            Place::File(path) => {
                if let Err(SourceError::Invalid(_) | SourceError::Refused(_)) = file::read(path, &place.form)
                    && let Err(error) = file::read(path, &place.form)
                {
                    reader.fault("JWT_SECRET_FILE", format_args!("cannot be used: {error}"));
                }
            }
            // An empty one stands for "no source", which has been noted already.
            Place::Value(value) if !value.is_empty() => {
                if let Err(error) = ring_of(value, &place.form) {
                    reader.fault("JWT_SECRET", format_args!("cannot be used: {error}"));
                }
            }
            Place::Value(_) | Place::SecretsManager(_) | Place::Parameter(_) => {}
        }
        let limits = CacheLimits {
            soft_secs: reader.number("KEY_CACHE_SECONDS", 300, 1..=MAX_SECONDS),
            hard_secs: reader.number(hard_limit, 3600, 1..=MAX_SECONDS),
            cool_down_secs: reader.number("KEY_REFRESH_COOLDOWN_SECONDS", 30, 0..=MAX_SECONDS),
        };
        if limits.soft_secs > limits.hard_secs {
            reader.fault("KEY_CACHE_SECONDS", format_args!("is larger than {hard_limit}"));
        }
        Self { place, limits }
    }

    /// How old a ring may be that is still used.
    pub fn lease_secs(&self) -> u64 {
        self.limits.hard_secs
    }

    /// Whether the secret is in AWS.
    pub fn needs_aws(&self) -> bool {
        self.place.needs_aws()
    }

    pub(crate) fn into_source(self, aws: Option<&SdkConfig>) -> ConfiguredSource {
        self.place.into_source(aws)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use token::Algorithm;

    use super::*;

    fn check(variables: &[(&str, &str)], expected: &Expect) {
        let environment = |name: &str| {
            variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        };
        let mut reader = SettingsReader::new(&environment);
        let settings = KeySettings::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
        let told = match reader.finish(settings) {
            Ok(settings) => format!("{settings:?}"),
            Err(faults) => faults.to_string(),
        };
        expected.assert_eq(&told);
    }

    const GOOD: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn exactly_one_source_is_named_and_never_printed() {
        check(
            &[("JWT_SECRET", GOOD)],
            &expect![[
                r"KeySettings { place: KeyPlace(the variable JWT_SECRET), limits: CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 } }"
            ]],
        );
        check(
            &[("JWT_SECRET_ARN", "jwt/shared")],
            &expect![[
                r"KeySettings { place: KeyPlace(secret jwt/shared in Secrets Manager), limits: CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 } }"
            ]],
        );
        check(
            &[("JWT_SECRET_PARAMETER", "/jwt/shared")],
            &expect![[
                r"KeySettings { place: KeyPlace(parameter /jwt/shared in the Parameter Store), limits: CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 } }"
            ]],
        );
        check(
            &[],
            &expect![
                "wrong settings: JWT_SECRET_ARN is required, or JWT_SECRET_PARAMETER, JWT_SECRET_FILE or JWT_SECRET in its place"
            ],
        );
        check(
            &[("JWT_SECRET", GOOD), ("JWT_SECRET_ARN", "x")],
            &expect![
                "wrong settings: JWT_SECRET_ARN or JWT_SECRET_PARAMETER, JWT_SECRET_FILE or JWT_SECRET: exactly one may be set"
            ],
        );
    }

    #[test]
    fn no_two_places_go_together() {
        const PLACES: [&str; 4] = ["JWT_SECRET_ARN", "JWT_SECRET_PARAMETER", "JWT_SECRET_FILE", "JWT_SECRET"];
        for (index, first) in PLACES.iter().enumerate() {
            for second in &PLACES[index + 1..] {
                let environment =
                    |name: &str| [first, second].iter().any(|set| **set == name).then(|| GOOD.to_owned());
                let mut reader = SettingsReader::new(&environment);
                let settings = KeySettings::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
                let told = reader.finish(settings).unwrap_err().to_string();
                assert!(told.contains("exactly one may be set"), "{first} and {second}: {told}");
            }
        }
    }

    #[test]
    fn a_secret_at_hand_is_checked_with_the_other_settings() {
        check(
            &[("JWT_SECRET", "abcdefghijklmnopqrstuvwxyz"), ("KEY_CACHE_SECONDS", "0")],
            &expect![
                "wrong settings: JWT_SECRET cannot be used: the secret has 26 bytes, HS256 needs at least 32; KEY_CACHE_SECONDS is not a whole number from 1 to 86400"
            ],
        );
        check(
            &[("JWT_SECRET_FILE", "/nowhere/secret")],
            &expect![
                "wrong settings: JWT_SECRET_FILE cannot be used: the secret store refused: entity not found"
            ],
        );
        check(
            &[("JWT_SECRET", GOOD), ("JWT_SECRET_ENCODING", "base58"), ("KEY_CACHE_SECONDS", "4000")],
            &expect![
                "wrong settings: JWT_SECRET_ENCODING is not one of utf8, base64, base64url, hex; KEY_CACHE_SECONDS is larger than KEY_MAX_STALE_SECONDS"
            ],
        );
    }
}
