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
}

impl Status {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cut => "cut",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Complete, Self::Cut, Self::Failed].into_iter().find(|status| status.name() == name)
    }
}

// What people say in confidence does not belong in a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Message({}, {:?}, {:?})", self.id, self.speaker, self.status)
    }
}
