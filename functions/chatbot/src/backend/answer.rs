//! What a model says: whole, or piece by piece.

/// The longest answer in bytes. It is stored as one item and sent through
/// gateways, which have limits of their own.
pub(crate) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// A whole answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) end: End,
}

/// How an answer ended, and what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) finish: Finish,
    pub(crate) usage: Usage,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It had said what it had to say, or came to a stop sequence.
    Stop,
    /// The answer reached the longest length it may have.
    Length,
    /// A guardrail or the provider's filter stepped in.
    ContentFilter,
}

/// Tokens read and written, as the model counts them; `echo` counts words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
}

/// One step of an answer under way.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// More text; never empty.
    Text(String),
    /// The last piece.
    End(End),
}

impl Usage {
    pub(crate) const fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// Guesses from lengths in bytes, where a model did not count or the answer
    /// broke off before it said.
    pub(crate) fn estimated(input_bytes: usize, output_bytes: usize) -> Self {
        // Four bytes are about one token of English text.
        let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX);
        Self { input_tokens: tokens(input_bytes), output_tokens: tokens(output_bytes) }
    }
}

impl Finish {
    /// The name in the API, the same in OpenAI's format.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Stop, Self::Length, Self::ContentFilter].into_iter().find(|finish| finish.name() == name)
    }
}

impl Answer {
    /// Cuts the text where it is longer than an answer may be.
    pub(super) fn bounded(mut self) -> Self {
        if cut(&mut self.text, MAX_ANSWER_BYTES) {
            self.end.finish = Finish::Length;
        }
        self
    }
}

/// Shortens `text` to `max_bytes`, not within a character. Says whether it had
/// to.
pub(super) fn cut(text: &mut String, max_bytes: usize) -> bool {
    let is_longer = text.len() > max_bytes;
    if is_longer {
        text.truncate(text.floor_char_boundary(max_bytes));
    }
    is_longer
}

// What a model says to somebody does not belong in a log.
impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Answer({} bytes, {:?})", self.text.len(), self.end)
    }
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::End(end) => end.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: End = End { finish: Finish::Stop, usage: Usage { input_tokens: 1, output_tokens: 2 } };

    #[test]
    fn an_answer_that_is_too_long_ends_between_two_characters() {
        let fits = Answer { text: "a".repeat(MAX_ANSWER_BYTES), end: END };
        assert_eq!(fits.clone().bounded(), fits);
        let text = format!("{}é", "a".repeat(MAX_ANSWER_BYTES - 1));
        let cut = Answer { text, end: END }.bounded();
        assert_eq!((cut.text.len(), cut.end.finish), (MAX_ANSWER_BYTES - 1, Finish::Length));
        assert_eq!(cut.end.usage, END.usage);
    }

    #[test]
    fn an_answer_is_not_printed() {
        let answer = Answer { text: "between us".into(), end: END };
        let printed = format!("{answer:?} {:?}", Piece::Text(answer.text.clone()));
        assert!(!printed.contains("between"), "{printed}");
    }

    #[test]
    fn an_estimate_rounds_up() {
        assert_eq!(Usage::estimated(0, 0).total(), 0);
        assert_eq!(Usage::estimated(1, 5), Usage { input_tokens: 1, output_tokens: 2 });
    }
}
