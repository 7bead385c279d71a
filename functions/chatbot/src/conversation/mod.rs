//! Conversations and what is said in them, whoever keeps them.

mod id;
mod message;
mod owner;

use token::Timestamp;

pub(crate) use id::{Id, Ids, NoRandomness};
pub(crate) use message::{Message, Status};
pub(crate) use owner::Owner;

/// The longest title in characters.
pub(crate) const MAX_TITLE_CHARS: usize = 200;

/// The most messages that one conversation takes: its history stays readable,
/// and deleting it a bounded amount of work.
pub(crate) const MAX_MESSAGES: u32 = 2000;

/// One conversation, without its messages.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) id: Id,
    pub(crate) title: String,
    pub(crate) created_at: Timestamp,
    /// When the last message came.
    pub(crate) updated_at: Timestamp,
    /// How many messages it has, answers under way included.
    pub(crate) messages: u32,
    /// The id of the last message; the next one sorts after it.
    pub(crate) last_message: Option<Id>,
}

// A title begins as the first words of a message.
impl std::fmt::Debug for Conversation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Conversation({}, {} messages)", self.id, self.messages)
    }
}

/// Returns the title of a conversation that begins with `message`: its first
/// words on one line.
pub(crate) fn title_of(message: &str) -> String {
    const MAX_CHARS: usize = 60;
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARS) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_beginning_of_the_first_message_on_one_line() {
        assert_eq!(title_of("  How\n are\tyou? "), "How are you?");
        assert_eq!(title_of(&"word ".repeat(40)), format!("{}…", "word ".repeat(12).trim_end()));
        assert_eq!(title_of(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
