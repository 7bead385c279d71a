//! A prompt as a request for a chat completion.

use serde::Serialize;

use super::settings::LimitName;
use crate::backend::{Prompt, Speaker};

#[derive(Serialize)]
pub(super) struct CompletionRequest<'p> {
    model: &'p str,
    messages: Vec<Message<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'p [String],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct Message<'p> {
    role: &'static str,
    content: &'p str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'p> CompletionRequest<'p> {
    pub(super) fn new(model: &'p str, prompt: &'p Prompt, limit_name: LimitName, stream: bool) -> Self {
        let system = prompt.system.iter().map(|text| Message { role: "system", content: text });
        let turns = prompt.turns.iter().map(|turn| Message {
            role: match turn.speaker {
                Speaker::User => "user",
                Speaker::Assistant => "assistant",
            },
            content: &turn.text,
        });
        let limit = Some(prompt.max_tokens);
        let is_max_tokens = limit_name == LimitName::MaxTokens;
        Self {
            model,
            messages: system.chain(turns).collect(),
            max_tokens: limit.filter(|_| is_max_tokens),
            max_completion_tokens: limit.filter(|_| !is_max_tokens),
            temperature: prompt.sampling.temperature,
            top_p: prompt.sampling.top_p,
            stop: &prompt.sampling.stop,
            stream,
            stream_options: stream.then_some(StreamOptions { include_usage: true }),
        }
    }
}
