//! The settings of the chatbot, read once at start.

use decision::GateSettings;
use token::{Environment, Faults, SettingsReader};

use crate::{
    api::Readers, backend::BackendSettings, door::PlainSettings, page::PageSettings, service::Limits,
    store::StoreSettings,
};

/// One of these set says that tokens are to be checked here.
const GATE_VARIABLES: [&str; 5] =
    ["JWT_SECRET_ARN", "JWT_SECRET_PARAMETER", "JWT_SECRET_FILE", "JWT_SECRET", "JWT_AUDIENCE"];

/// All that a chatbot is told.
#[derive(Debug)]
pub struct Settings {
    pub(crate) door: DoorSettings,
    pub(crate) backend: BackendSettings,
    pub(crate) store: StoreSettings,
    pub(crate) limits: Limits,
    pub(crate) page: PageSettings,
    pub(crate) readers: Readers,
    /// `None` where only an authorizer in front can say who is calling.
    pub(crate) gate: Option<GateSettings>,
    pub(crate) leeway_secs: u64,
}

/// How requests come in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DoorSettings {
    /// As events of a Lambda function.
    Lambda {
        streams: bool,
    },
    Plain(PlainSettings),
}

impl Settings {
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one message.
    pub fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let door = DoorSettings::read(&mut reader);
        let checks_tokens = matches!(door, DoorSettings::Plain(_))
            || GATE_VARIABLES.iter().any(|name| reader.optional(name).is_some());
        let gate = checks_tokens.then(|| GateSettings::read(&mut reader));
        let leeway_secs = match &gate {
            Some(gate) => gate.leeway_secs(),
            None => reader.number("JWT_LEEWAY_SECONDS", 30, 0..=300),
        };
        let settings = Self {
            door,
            backend: BackendSettings::read(&mut reader),
            store: StoreSettings::read(&mut reader),
            limits: Limits::read(&mut reader),
            page: PageSettings::read(&mut reader),
            readers: Readers::read(&mut reader),
            gate,
            leeway_secs,
        };
        reader.finish(settings)
    }

    /// Whether anything that is asked for is in AWS.
    pub(crate) fn needs_aws(&self) -> bool {
        self.backend.needs_aws()
            || self.store.needs_aws()
            || self.gate.as_ref().is_some_and(GateSettings::needs_aws)
    }
}

impl DoorSettings {
    fn read(reader: &mut SettingsReader<'_>) -> Self {
        if reader.optional("AWS_LAMBDA_RUNTIME_API").is_none() {
            return Self::Plain(PlainSettings::read(reader));
        }
        let modes = [("buffered", false), ("stream", true)];
        Self::Lambda { streams: reader.choice("CHAT_RESPONSE_MODE", false, &modes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Faults> {
        let lambda = [("AWS_LAMBDA_RUNTIME_API", "x")];
        Settings::read(&|name| {
            let mut all = variables.iter().chain(&lambda);
            all.find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn behind_an_authorizer_nothing_has_to_be_said() {
        let settings = read(&[("JWT_ISSUER", "https://auth.example.com")]).unwrap();
        assert!(settings.gate.is_none());
        assert_eq!(settings.leeway_secs, 30);
        assert!(!settings.needs_aws());
    }

    #[test]
    fn whoever_says_half_of_how_to_check_tokens_is_told_the_rest() {
        let faults = read(&[("JWT_AUDIENCE", "chatbot")]).unwrap_err().to_string();
        assert!(faults.contains("JWT_SECRET_ARN") && faults.contains("JWT_ISSUER"), "{faults}");
    }

    #[test]
    fn a_day_has_room_for_one_answer_at_least() {
        let told = read(&[("CHAT_TOKENS_PER_DAY", "1000")]).unwrap_err().to_string();
        let expected =
            "wrong settings: CHAT_TOKENS_PER_DAY is less than one answer may take (CHAT_MAX_TOKENS)";
        assert_eq!(told, expected);
        assert!(read(&[("CHAT_TOKENS_PER_DAY", "0")]).is_ok());
        assert!(read(&[("CHAT_TOKENS_PER_DAY", "1024")]).is_ok());
    }
}
