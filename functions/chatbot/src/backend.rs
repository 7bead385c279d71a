//! What answers a message.

use serde::Serialize;
use token::Principal;

/// The backends there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Says the message back: for trying the way to here, without a model.
    Echo,
}

/// An answer and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) usage: Usage,
}

/// What was read and written; for `echo` a token is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Usage {
    input_tokens: usize,
    output_tokens: usize,
}

impl Backend {
    pub(crate) fn answer(self, principal: &Principal, message: &str) -> Answer {
        match self {
            Self::Echo => {
                let text = format!("Hello {}, your message was: {message}", principal.display_name());
                let words = |text: &str| text.split_whitespace().count();
                let usage = Usage { input_tokens: words(message), output_tokens: words(&text) };
                Answer { text, usage }
            }
        }
    }
}
