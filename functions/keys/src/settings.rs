//! The settings that choose a source and the limits of its cache.

use std::fmt;

use aws_config::SdkConfig;
use token::{AlgorithmSet, SecretEncoding, SecretForm, SettingsReader};
use zeroize::Zeroizing;

use crate::{
    CacheLimits, ConfiguredSource, ParameterSource, SecretsManagerSource, SourceError, file, source::ring_of,
};

/// A day: nobody wants a longer one, and many mistyped numbers are larger.
const MAX_SECONDS: u64 = 86_400;

/// Where the secret is, how to read it, and how long a copy is good.
pub struct KeySettings {
    place: Place,
    form: SecretForm,
    pub(crate) limits: CacheLimits,
}

enum Place {
    SecretsManager(String),
    Parameter(String),
    File(String),
    Value(Zeroizing<String>),
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
        let form = read_form(reader, algorithms);
        let place = read_place(reader);
        match &place {
            Place::File(path) => {
                if let Err(SourceError::Invalid(_) | SourceError::Refused(_)) = file::read(path, &form)
                    && let Err(error) = file::read(path, &form)
                {
                    reader.fault("JWT_SECRET_FILE", format_args!("cannot be used: {error}"));
                }
            }
            // An empty one stands for "no source", which has been noted already.
            Place::Value(value) if !value.is_empty() => {
                if let Err(error) = ring_of(value, &form) {
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
        Self { place, form, limits }
    }

    /// Whether the secret is in AWS.
    pub fn needs_aws(&self) -> bool {
        matches!(self.place, Place::SecretsManager(_) | Place::Parameter(_))
    }

    pub(crate) fn into_source(self, aws: Option<&SdkConfig>) -> ConfiguredSource {
        let form = self.form;
        match self.place {
            Place::SecretsManager(id) => {
                ConfiguredSource::SecretsManager(SecretsManagerSource::new(aws, id, form))
            }
            Place::Parameter(name) => ConfiguredSource::Parameter(ParameterSource::new(aws, name, form)),
            Place::File(path) => ConfiguredSource::File { path, form },
            Place::Value(value) => ConfiguredSource::Value { value, form },
        }
    }
}

impl fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.place {
            Place::SecretsManager(id) => format!("secret {id}"),
            Place::Parameter(name) => format!("parameter {name}"),
            Place::File(path) => format!("file {path}"),
            Place::Value(_) => "value (redacted)".into(),
        };
        f.debug_struct("KeySettings")
            .field("place", &place)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

fn read_form(reader: &mut SettingsReader<'_>, algorithms: AlgorithmSet) -> SecretForm {
    SecretForm {
        field: reader.optional("JWT_SECRET_FIELD").unwrap_or_else(|| "JWT_SECRET".into()),
        encoding: reader.choice("JWT_SECRET_ENCODING", SecretEncoding::Utf8, &SecretEncoding::NAMES),
        algorithms,
    }
}

fn read_place(reader: &mut SettingsReader<'_>) -> Place {
    let mut places = [
        reader.optional("JWT_SECRET_ARN").map(Place::SecretsManager),
        reader.optional("JWT_SECRET_PARAMETER").map(Place::Parameter),
        reader.optional("JWT_SECRET_FILE").map(Place::File),
        reader.optional("JWT_SECRET").map(|value| Place::Value(value.into())),
    ]
    .into_iter()
    .flatten();
    match (places.next(), places.next()) {
        (Some(place), None) => place,
        (None, _) => {
            let what = "is required, or JWT_SECRET_PARAMETER, JWT_SECRET_FILE or JWT_SECRET in its place";
            reader.fault("JWT_SECRET_ARN", what);
            Place::Value(Zeroizing::default())
        }
        (Some(place), Some(_)) => {
            let what = "or JWT_SECRET_PARAMETER, JWT_SECRET_FILE or JWT_SECRET: exactly one may be set";
            reader.fault("JWT_SECRET_ARN", what);
            place
        }
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
                r#"KeySettings { place: "value (redacted)", limits: CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 }, .. }"#
            ]],
        );
        check(
            &[("JWT_SECRET_ARN", "jwt/shared")],
            &expect![[
                r#"KeySettings { place: "secret jwt/shared", limits: CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 }, .. }"#
            ]],
        );
        check(
            &[("JWT_SECRET_PARAMETER", "/jwt/shared")],
            &expect![[
                r#"KeySettings { place: "parameter /jwt/shared", limits: CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 }, .. }"#
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
