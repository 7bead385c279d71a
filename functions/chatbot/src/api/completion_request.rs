//! What a client of OpenAI's format asks for.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    backend::{Prompt, Sampling, Speaker, Turn},
    exchange::turns_of,
    refusal::Refusal,
    service::Limits,
};

/// The most stop sequences, as in OpenAI's API.
const MAX_STOPS: usize = 4;

/// The body of `POST /v1/chat/completions`, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct CompletionRequest {
    model: String,
    messages: Vec<RequestMessage>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    top_p: Option<f32>,
    #[serde(default)]
    stop: Option<Stop>,
    #[serde(default)]
    n: Option<u32>,
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    functions: Option<Vec<Value>>,
    #[serde(default)]
    response_format: Option<ResponseFormat>,
    #[serde(default)]
    logprobs: Option<bool>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct RequestMessage {
    role: String,
    #[serde(default)]
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Some(Vec<String>),
}

impl CompletionRequest {
    pub(super) fn model(&self) -> &str {
        &self.model
    }

    pub(super) fn streams(&self) -> bool {
        self.stream.unwrap_or_default()
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or_default()
    }

    /// Returns what the model is asked.
    ///
    /// # Errors
    ///
    /// [`Refusal::InvalidRequest`] for what cannot be asked here, rather than an
    /// answer to something else.
    pub(super) fn into_prompt(self, limits: &Limits, caller_name: &str) -> Result<Prompt, Refusal> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::InvalidRequest("there is one answer to a request: n is 1"));
        }
        if [&self.tools, &self.functions].into_iter().flatten().any(|tools| !tools.is_empty()) {
            return Err(Refusal::InvalidRequest("tools are not supported"));
        }
        if self.response_format.as_ref().is_some_and(|format| format.kind != "text") {
            return Err(Refusal::InvalidRequest("the only response_format is text"));
        }
        if self.logprobs == Some(true) {
            return Err(Refusal::InvalidRequest("logprobs are not supported"));
        }
        let max_tokens = self.max_completion_tokens.or(self.max_tokens).unwrap_or(limits.max_tokens);
        if max_tokens == 0 {
            return Err(Refusal::InvalidRequest("max_tokens is at least 1"));
        }
        let sampling = Sampling {
            temperature: within(self.temperature, 2.0, "temperature is a number from 0 to 2")?,
            top_p: within(self.top_p, 1.0, "top_p is a number from 0 to 1")?,
            stop: stops(self.stop)?,
        };
        let mut system: Vec<String> = limits.system_prompt.iter().cloned().collect();
        let mut said = Vec::new();
        for message in self.messages {
            let text = message.content.map_or(Ok(String::new()), Content::into_text)?;
            match message.role.as_str() {
                "system" | "developer" => system.push(text),
                "user" => said.push(Turn { speaker: Speaker::User, text }),
                "assistant" => said.push(Turn { speaker: Speaker::Assistant, text }),
                _ => {
                    return Err(Refusal::InvalidRequest(
                        "the role of a message is system, developer, user or assistant",
                    ));
                }
            }
        }
        let turns = turns_of(said);
        if turns.last().is_none_or(|turn| turn.speaker != Speaker::User) {
            return Err(Refusal::InvalidRequest("the last message is the user's, and not empty"));
        }
        Ok(Prompt {
            system: (!system.is_empty()).then(|| system.join("\n\n")),
            turns,
            caller_name: caller_name.to_owned(),
            max_tokens: max_tokens.min(limits.max_tokens),
            sampling,
        })
    }
}

impl Content {
    fn into_text(self) -> Result<String, Refusal> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Parts(parts) => parts
                .into_iter()
                .map(|part| part.text.filter(|_| part.kind == "text"))
                .collect::<Option<Vec<_>>>()
                .map(|texts| texts.join("\n"))
                .ok_or(Refusal::InvalidRequest("a message is text: other parts are not supported")),
        }
    }
}

fn within(value: Option<f32>, most: f32, what: &'static str) -> Result<Option<f32>, Refusal> {
    match value {
        Some(value) if !(0.0..=most).contains(&value) => Err(Refusal::InvalidRequest(what)),
        value => Ok(value),
    }
}

fn stops(stop: Option<Stop>) -> Result<Vec<String>, Refusal> {
    let stops = match stop {
        None => Vec::new(),
        Some(Stop::One(stop)) => vec![stop],
        Some(Stop::Some(stops)) => stops,
    };
    if stops.len() > MAX_STOPS || stops.iter().any(String::is_empty) {
        return Err(Refusal::InvalidRequest("stop is one to four texts that are not empty"));
    }
    Ok(stops)
}
