//! The settings of the rotation: its timing, and how to read a plain secret.

use token::{
    Algorithm, AlgorithmSet, Environment, Faults, SecretEncoding, SecretForm, SettingsReader,
    rotation::RotationTiming,
};

/// What the keys of this rotation sign with.
pub(crate) const ALGORITHM: Algorithm = Algorithm::HS256;

#[derive(Debug, Clone)]
pub struct Settings {
    /// How to read a secret that is not a ring yet.
    pub(crate) form: SecretForm,
    pub(crate) timing: RotationTiming,
}

impl Settings {
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one message.
    pub fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let timing = RotationTiming::read(&mut reader);
        let settings = Self { form: read_form(&mut reader), timing };
        reader.finish(settings)
    }
}

fn read_form(reader: &mut SettingsReader<'_>) -> SecretForm {
    SecretForm {
        field: reader.optional("JWT_SECRET_FIELD").unwrap_or_else(|| "JWT_SECRET".into()),
        encoding: reader.choice("JWT_SECRET_ENCODING", SecretEncoding::Utf8, &SecretEncoding::NAMES),
        algorithms: AlgorithmSet::only(ALGORITHM),
    }
}
