//! Which backend answers, and how it is reached.

use token::SettingsReader;

use super::{bedrock::BedrockSettings, openai::OpenAiSettings};

/// The longest name of a model in bytes, as Bedrock takes ARNs.
const MAX_MODEL_BYTES: usize = 2048;

/// The settings of one backend.
#[derive(Debug, Clone)]
pub(crate) enum BackendSettings {
    Echo,
    Bedrock(BedrockSettings),
    OpenAi(OpenAiSettings),
}

#[derive(Clone, Copy)]
enum Kind {
    Echo,
    Bedrock,
    OpenAi,
}

impl BackendSettings {
    /// Reads `CHAT_BACKEND` and what that backend needs.
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let kinds = [("echo", Kind::Echo), ("bedrock", Kind::Bedrock), ("openai", Kind::OpenAi)];
        match reader.choice("CHAT_BACKEND", Kind::Echo, &kinds) {
            Kind::Echo => Self::Echo,
            Kind::Bedrock => {
                let model = read_model(reader);
                Self::Bedrock(BedrockSettings::read(reader, model))
            }
            // Where something is wrong with the settings, nothing is built of them.
            Kind::OpenAi => {
                let model = read_model(reader);
                OpenAiSettings::read(reader, model).map_or(Self::Echo, Self::OpenAi)
            }
        }
    }

    /// Whether the model is in AWS.
    pub(crate) const fn needs_aws(&self) -> bool {
        matches!(self, Self::Bedrock(_))
    }
}

fn read_model(reader: &mut SettingsReader<'_>) -> String {
    let model = reader.required("CHAT_MODEL");
    let is_name = model.len() <= MAX_MODEL_BYTES && model.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name {
        reader.fault("CHAT_MODEL", "is not the name of a model: it has blanks or other such characters");
    }
    model
}
