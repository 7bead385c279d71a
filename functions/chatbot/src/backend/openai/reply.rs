//! What endpoints answer, as far as it is read.
//!
//! Servers of this format leave out what they like and write null for the rest,
//! so that nothing is required but what an answer cannot do without.

use serde::Deserialize;
use serde_json::Value;

use crate::backend::{Finish, Usage};

/// A whole answer.
#[derive(Deserialize)]
pub(super) struct Completion {
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) usage: Option<Tokens>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) message: Written,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

/// One event of an answer under way.
#[derive(Deserialize)]
pub(super) struct Chunk {
    /// Missing in events that are none of the format, null in some that are.
    #[serde(default)]
    pub(super) choices: Option<Vec<ChunkChoice>>,
    #[serde(default)]
    pub(super) usage: Option<Tokens>,
    #[serde(default)]
    pub(super) error: Option<Error>,
}

#[derive(Deserialize)]
pub(super) struct ChunkChoice {
    #[serde(default)]
    pub(super) index: u32,
    #[serde(default)]
    pub(super) delta: Option<Written>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct Written {
    #[serde(default)]
    pub(super) content: Option<String>,
    /// What the model thought first, under the names that servers have for it.
    #[serde(default)]
    reasoning_content: Value,
    #[serde(default)]
    reasoning: Value,
}

impl Written {
    /// How long the reasoning is. Some servers send it under both names.
    pub(super) fn reasoning_bytes(&self) -> usize {
        let names = [&self.reasoning_content, &self.reasoning];
        names.into_iter().filter_map(Value::as_str).map(str::len).max().unwrap_or_default()
    }
}

#[derive(Deserialize, Clone, Copy)]
pub(super) struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

/// The body of an error.
#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: Error,
}

/// An error: an object with a code, or just a text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Error {
    Told {
        /// A word or a number, or null.
        #[serde(default)]
        code: Value,
        #[serde(default, rename = "type")]
        kind: Option<String>,
    },
    Other(serde::de::IgnoredAny),
}

impl Error {
    /// The word that says most about what is wrong.
    pub(super) fn code(&self) -> Option<String> {
        let Self::Told { code, kind } = self else {
            return None;
        };
        match code {
            Value::String(code) => Some(code.clone()),
            Value::Number(code) => Some(code.to_string()),
            _ => kind.clone(),
        }
    }
}

impl Tokens {
    pub(super) const fn usage(self) -> Usage {
        Usage { input_tokens: self.prompt_tokens, output_tokens: self.completion_tokens }
    }
}

/// Names that no format knows, and calls of tools that nobody offered, end an
/// answer like any other end.
pub(super) fn finish_of(reason: &str) -> Finish {
    Finish::from_name(reason).unwrap_or(Finish::Stop)
}
