//! The settings of Bedrock.

use aws_sdk_bedrockruntime::types::GuardrailStreamProcessingMode;
use token::SettingsReader;

/// Which model, and what watches over it.
#[derive(Debug, Clone)]
pub(crate) struct BedrockSettings {
    /// Model id, id of an inference profile, or an ARN.
    pub(super) model: String,
    pub(super) guardrail: Option<Guardrail>,
}

/// A guardrail and how it goes with a streamed answer.
#[derive(Debug, Clone)]
pub(super) struct Guardrail {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) stream_mode: StreamMode,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum StreamMode {
    /// Text is held back until the guardrail has seen it.
    Sync,
    /// Text may be out before the guardrail steps in.
    Async,
}

impl BedrockSettings {
    pub(in super::super) fn read(reader: &mut SettingsReader<'_>, model: String) -> Self {
        let id = reader.optional("BEDROCK_GUARDRAIL_ID");
        let version = reader.optional("BEDROCK_GUARDRAIL_VERSION");
        let modes = [("sync", StreamMode::Sync), ("async", StreamMode::Async)];
        let stream_mode = reader.choice("BEDROCK_GUARDRAIL_STREAM_MODE", StreamMode::Sync, &modes);
        let guardrail = match (id, version) {
            (Some(id), Some(version)) => Some(Guardrail { id, version, stream_mode }),
            (None, None) => None,
            (Some(_), None) => {
                reader.fault("BEDROCK_GUARDRAIL_VERSION", "is required beside BEDROCK_GUARDRAIL_ID");
                None
            }
            (None, Some(_)) => {
                reader.fault("BEDROCK_GUARDRAIL_ID", "is required beside BEDROCK_GUARDRAIL_VERSION");
                None
            }
        };
        Self { model, guardrail }
    }
}

impl From<StreamMode> for GuardrailStreamProcessingMode {
    fn from(mode: StreamMode) -> Self {
        match mode {
            StreamMode::Sync => Self::Sync,
            StreamMode::Async => Self::Async,
        }
    }
}
