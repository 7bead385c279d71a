//! What endpoints answer, as far as it is read.
//!
//! Servers of this format leave out what they like and write null for the rest,
//! so that nothing is required but what an answer cannot do without.

use serde::Deserialize;

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
    pub(super) message: Content,
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
    pub(super) delta: Option<Content>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct Content {
    #[serde(default)]
    pub(super) content: Option<String>,
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
        code: serde_json::Value,
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
            serde_json::Value::String(code) => Some(code.clone()),
            serde_json::Value::Number(code) => Some(code.to_string()),
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
