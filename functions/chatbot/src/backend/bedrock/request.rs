//! A prompt as Converse takes it.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, GuardrailConfiguration, GuardrailStreamConfiguration,
    InferenceConfiguration, Message, SystemContentBlock,
};

use super::settings::Guardrail;
use crate::backend::{BackendError, Prompt, Speaker, Turn, retry::Failure};

pub(super) fn system(prompt: &Prompt) -> Option<Vec<SystemContentBlock>> {
    // Bedrock refuses a block without text.
    let text = prompt.system.as_ref().filter(|text| !text.trim().is_empty())?;
    Some(vec![SystemContentBlock::Text(text.clone())])
}

pub(super) fn messages(prompt: &Prompt) -> Result<Vec<Message>, Failure> {
    prompt.turns.iter().map(message).collect()
}

fn message(turn: &Turn) -> Result<Message, Failure> {
    let role = match turn.speaker {
        Speaker::User => ConversationRole::User,
        Speaker::Assistant => ConversationRole::Assistant,
    };
    let message = Message::builder().role(role).content(ContentBlock::Text(turn.text.clone())).build();
    message.map_err(|_| Failure::lasting(BackendError::Refused))
}

pub(super) fn inference(prompt: &Prompt) -> InferenceConfiguration {
    let sampling = &prompt.sampling;
    let stop = (!sampling.stop.is_empty()).then(|| sampling.stop.clone());
    InferenceConfiguration::builder()
        .max_tokens(i32::try_from(prompt.max_tokens).unwrap_or(i32::MAX))
        .set_temperature(sampling.temperature)
        .set_top_p(sampling.top_p)
        .set_stop_sequences(stop)
        .build()
}

pub(super) fn guardrail(guardrail: &Guardrail) -> GuardrailConfiguration {
    GuardrailConfiguration::builder()
        .guardrail_identifier(&guardrail.id)
        .guardrail_version(&guardrail.version)
        .build()
}

pub(super) fn stream_guardrail(guardrail: &Guardrail) -> GuardrailStreamConfiguration {
    GuardrailStreamConfiguration::builder()
        .guardrail_identifier(&guardrail.id)
        .guardrail_version(&guardrail.version)
        .stream_processing_mode(guardrail.stream_mode.into())
        .build()
}
