//! An answer as its reader gets it.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::{
    backend::{Answer, End},
    refusal::Refusal,
};

/// How many steps wait for a reader before the model waits for them.
const BACKLOG: usize = 32;

/// What happens to an answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Text(String),
    /// All of it is there, and kept.
    End(End),
    /// No more of it comes.
    Broke(Refusal),
}

/// The reading end of an answer under way. Dropping it ends the answer.
#[derive(Debug)]
pub(crate) struct Steps {
    first: Option<Step>,
    rest: mpsc::Receiver<Step>,
}

/// The writing end.
pub(super) type StepSender = mpsc::Sender<Step>;

// What people are told in confidence does not belong in a log.
impl std::fmt::Debug for Step {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::End(end) => write!(formatter, "{end:?}"),
            Self::Broke(problem) => write!(formatter, "Broke({problem:?})"),
        }
    }
}

impl Steps {
    pub(super) fn channel() -> (StepSender, Self) {
        let (sender, rest) = mpsc::channel(BACKLOG);
        (sender, Self { first: None, rest })
    }

    /// An answer that is there already.
    pub(crate) fn of(answer: Answer) -> Self {
        let (sender, steps) = Self::channel();
        // Two steps always have room.
        let _sent =
            sender.try_send(Step::Text(answer.text)).and_then(|()| sender.try_send(Step::End(answer.end)));
        steps
    }

    /// Returns the next step; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Step> {
        match self.first.take() {
            Some(step) => Some(step),
            None => self.rest.recv().await,
        }
    }

    /// Waits for the first step, so that what goes wrong before it can still
    /// become a status; but no longer than `patience`, because something on the
    /// way may take a silent connection for dead.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub(crate) async fn begun(mut self, patience: Duration) -> Result<Self, Refusal> {
        match tokio::time::timeout(patience, self.next()).await {
            Ok(Some(Step::Broke(problem))) => Err(problem),
            Ok(Some(step)) => Ok(Self { first: Some(step), rest: self.rest }),
            Ok(None) => Err(Refusal::Internal),
            Err(_) => Ok(self),
        }
    }

    /// Waits for all of it.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub(crate) async fn whole(mut self) -> Result<Answer, Refusal> {
        let mut text = String::new();
        while let Some(step) = self.next().await {
            match step {
                Step::Text(more) => text.push_str(&more),
                Step::End(end) => return Ok(Answer { text, end }),
                Step::Broke(problem) => return Err(problem),
            }
        }
        Err(Refusal::Internal)
    }
}
