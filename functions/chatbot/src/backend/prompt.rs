//! What a model is asked.

/// A conversation up to the message that is to be answered.
#[derive(Clone, PartialEq)]
pub(crate) struct Prompt {
    /// What the model is told before all else.
    pub(crate) system: Option<String>,
    /// User and assistant in turn, the user first and last.
    pub(crate) turns: Vec<Turn>,
    /// How the caller likes to be called; only `echo` says it.
    pub(crate) caller_name: String,
    /// The longest answer in tokens.
    pub(crate) max_tokens: u32,
    pub(crate) sampling: Sampling,
}

/// One message of a conversation.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) speaker: Speaker,
    pub(crate) text: String,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    User,
    Assistant,
}

/// How a model picks its words; what is unset is the model's own choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sampling {
    pub(crate) temperature: Option<f32>,
    pub(crate) top_p: Option<f32>,
    pub(crate) stop: Vec<String>,
}

impl Prompt {
    /// How long all of it is that the model reads.
    pub(crate) fn bytes(&self) -> usize {
        let turns: usize = self.turns.iter().map(|turn| turn.text.len()).sum();
        turns + self.system.as_ref().map_or(0, String::len)
    }

    /// The message that is to be answered.
    pub(crate) fn message(&self) -> &str {
        self.turns.last().map_or("", |turn| &turn.text)
    }
}

// What people say to each other in confidence does not belong in a log.
impl std::fmt::Debug for Prompt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Prompt({} turns)", self.turns.len())
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Turn({:?}, {} bytes)", self.speaker, self.text.len())
    }
}
