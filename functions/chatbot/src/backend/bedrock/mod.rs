//! Models of Amazon Bedrock, through Converse and `ConverseStream`: one form of
//! request for all of them.

mod events;
mod failure;
mod finish;
mod request;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_bedrockruntime::{
    Client,
    config::{Builder, StalledStreamProtectionConfig},
    operation::converse::ConverseOutput,
    types::{ContentBlock, ReasoningContentBlock},
};

use super::{Answer, End, Prompt, Usage, retry::Failure};

pub(super) use events::BedrockStream;
pub(crate) use settings::BedrockSettings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// One model of Bedrock.
#[derive(Debug)]
pub(crate) struct Bedrock {
    client: Option<Client>,
    settings: BedrockSettings,
}

impl Bedrock {
    /// Without `aws` no model can be called.
    pub(super) fn new(settings: BedrockSettings, aws: Option<&SdkConfig>) -> Self {
        // A model takes as long as the caller's deadline allows, and may be
        // silent while it thinks. Attempts are counted by the caller as well: the
        // SDK would not try again what fails inside of a stream.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .disable_read_timeout()
            .disable_operation_attempt_timeout()
            .disable_operation_timeout()
            .build();
        let client = aws.map(|aws| {
            let config = Builder::from(aws)
                .timeout_config(timeouts)
                .retry_config(RetryConfig::disabled())
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            Client::from_conf(config.build())
        });
        Self { client, settings }
    }

    pub(super) fn model(&self) -> &str {
        &self.settings.model
    }

    /// Asks for the whole answer, once.
    pub(super) async fn answer(&self, prompt: &Prompt) -> Result<Answer, Failure> {
        let call = self.client()?.converse().model_id(&self.settings.model);
        let call = call
            .set_system(request::system(prompt))
            .set_messages(Some(request::messages(prompt)?))
            .inference_config(request::inference(prompt))
            .set_guardrail_config(self.settings.guardrail.as_ref().map(request::guardrail));
        match call.send().await {
            Ok(output) => whole(prompt, &output),
            Err(error) => Err(failure::of_call(&error)),
        }
    }

    /// Asks for the answer as it comes, once.
    pub(super) async fn stream(&self, prompt: &Prompt) -> Result<BedrockStream, Failure> {
        let call = self.client()?.converse_stream().model_id(&self.settings.model);
        let call = call
            .set_system(request::system(prompt))
            .set_messages(Some(request::messages(prompt)?))
            .inference_config(request::inference(prompt))
            .set_guardrail_config(self.settings.guardrail.as_ref().map(request::stream_guardrail));
        match call.send().await {
            Ok(output) => Ok(BedrockStream::new(output.stream)),
            Err(error) => Err(failure::of_call(&error)),
        }
    }

    fn client(&self) -> Result<&Client, Failure> {
        self.client.as_ref().ok_or(Failure::lasting(super::BackendError::Denied))
    }
}

fn whole(prompt: &Prompt, output: &ConverseOutput) -> Result<Answer, Failure> {
    let finish = finish::of(output.stop_reason())?;
    // The SDK makes something of an answer that is no answer; a message it leaves out.
    let message = output.output().and_then(|output| output.as_message().ok());
    let blocks = message.ok_or_else(failure::of_nonsense)?.content();
    // Reasoning and calls of tools are not said to the user.
    let text: String = blocks.iter().filter_map(|block| block.as_text().ok()).map(String::as_str).collect();
    let usage = output.usage().and_then(finish::usage);
    let reasoning_bytes: usize = blocks.iter().map(reasoning_bytes).sum();
    let usage = usage.unwrap_or_else(|| Usage::estimated(prompt.bytes(), text.len() + reasoning_bytes));
    Ok(Answer { text, end: End { finish, usage } })
}

fn reasoning_bytes(block: &ContentBlock) -> usize {
    match block {
        ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(reasoning)) => {
            reasoning.text().len()
        }
        ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(encrypted)) => {
            encrypted.as_ref().len()
        }
        _ => 0,
    }
}
