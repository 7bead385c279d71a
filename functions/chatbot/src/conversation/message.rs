//! One message of a conversation.

use token::Timestamp;

use super::Id;
use crate::backend::{End, Speaker};

/// Something that was said.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: Id,
    pub(crate) speaker: Speaker,
    pub(crate) text: String,
    pub(crate) created_at: Timestamp,
    pub(crate) status: Status,
    /// How an answer ended; a cut one has no end.
    pub(crate) end: Option<End>,
}

/// Whether all of a message is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Complete,
    /// The answer broke off, or whoever asked went away: this is what had come.
    Cut,
    /// Nothing came.
    Failed,
    /// The model did not take the question, and would not take it again.
    Refused,
}

impl Message {
    /// Whether it takes the place of what was kept under the same id: whoever
    /// tries again loses nothing of what they had to an attempt that fails.
    pub(crate) fn replaces(&self, kept: &Self) -> bool {
        match self.more_than() {
            None => true,
            Some(bytes) => kept.status != Status::Complete && kept.text.len() < bytes,
        }
    }

    /// What is kept and not complete has to be shorter than so many bytes to be
    /// replaced; `None` where anything is.
    pub(crate) const fn more_than(&self) -> Option<usize> {
        match self.status {
            Status::Complete => None,
            Status::Cut | Status::Failed => Some(self.text.len()),
            // That it is refused is worth more than that there was no answer.
            Status::Refused => Some(self.text.len() + 1),
        }
    }
}

impl Status {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cut => "cut",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Complete, Self::Cut, Self::Failed, Self::Refused];
        all.into_iter().find(|status| status.name() == name)
    }
}

// What people say in confidence does not belong in a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Message({}, {:?}, {:?})", self.id, self.speaker, self.status)
    }
}
