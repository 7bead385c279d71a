//! Where the secret is, as the settings name it, and how to read it.

use std::fmt;

use aws_config::SdkConfig;
use token::{AlgorithmSet, SecretEncoding, SecretForm, SettingsReader};
use zeroize::Zeroizing;

use crate::{ConfiguredSource, ParameterSource, SecretsManagerSource};

/// One place of a secret. Whether there is a usable one is not asked here.
pub struct KeyPlace {
    pub(crate) place: Place,
    pub(crate) form: SecretForm,
}

pub(crate) enum Place {
    SecretsManager(String),
    Parameter(String),
    File(String),
    Value(Zeroizing<String>),
}

impl KeyPlace {
    /// Reads which place the settings name. A plain secret there is for
    /// `algorithms`.
    pub fn read(reader: &mut SettingsReader<'_>, algorithms: AlgorithmSet) -> Self {
        let form = read_form(reader, algorithms);
        Self { place: read_place(reader), form }
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

/// Names the place, and never the value.
impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::SecretsManager(id) => write!(f, "secret {id} in Secrets Manager"),
            Place::Parameter(name) => write!(f, "parameter {name} in the Parameter Store"),
            Place::File(path) => write!(f, "file {path}"),
            Place::Value(_) => f.write_str("the variable JWT_SECRET"),
        }
    }
}

impl fmt::Debug for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPlace({self})")
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
