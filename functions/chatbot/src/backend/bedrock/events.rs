//! An answer of Bedrock under way.

use aws_sdk_bedrockruntime::{
    primitives::event_stream::EventReceiver,
    types::{
        ContentBlockDelta, ConverseStreamOutput, ReasoningContentBlockDelta, error::ConverseStreamOutputError,
    },
};

use super::{failure, finish};
use crate::backend::{retry::Failure, stream::Step};

/// The events of one answer.
#[derive(Debug)]
pub(crate) struct BedrockStream {
    events: EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>,
}

impl BedrockStream {
    pub(super) const fn new(events: EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>) -> Self {
        Self { events }
    }

    pub(in super::super) async fn next(&mut self) -> Result<Step, Failure> {
        match self.events.recv().await {
            Ok(None) => Ok(Step::Closed),
            Ok(Some(event)) => step(event),
            Err(error) => Err(failure::of_stream(&error)),
        }
    }
}

fn step(event: ConverseStreamOutput) -> Result<Step, Failure> {
    Ok(match event {
        ConverseStreamOutput::ContentBlockDelta(event) => match event.delta {
            Some(ContentBlockDelta::Text(text)) => Step::Text(text),
            // Reasoning and calls of tools are not said to the user.
            Some(ContentBlockDelta::ReasoningContent(reasoning)) => {
                Step::Reasoning { bytes: reasoning_bytes(&reasoning) }
            }
            _ => Step::Nothing,
        },
        ConverseStreamOutput::MessageStop(event) => Step::Finish(finish::of(event.stop_reason())?),
        ConverseStreamOutput::Metadata(event) => {
            event.usage().and_then(finish::usage).map_or(Step::Nothing, Step::Usage)
        }
        // Beginnings and ends of blocks, and events newer than this program.
        _ => Step::Nothing,
    })
}

fn reasoning_bytes(reasoning: &ReasoningContentBlockDelta) -> usize {
    match reasoning {
        ReasoningContentBlockDelta::Text(text) => text.len(),
        ReasoningContentBlockDelta::RedactedContent(encrypted) => encrypted.as_ref().len(),
        // A signature is nothing that was thought.
        _ => 0,
    }
}
