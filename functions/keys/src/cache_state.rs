//! What the cache of the key ring remembers: the copy, the failures, and a question
//! that is under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use token::{KeyRing, Moment};

use crate::{SourceError, Versions};

#[derive(Default)]
pub(crate) struct State {
    pub(crate) held: Option<Held>,
    pub(crate) failure: Option<Failure>,
    pub(crate) forced: Option<Moment>,
    /// Whether a token came that the current version of a plain secret does not
    /// fit.
    pub(crate) wants_previous: bool,
}

#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) versions: Versions,
    pub(crate) fetched: Moment,
}

pub(crate) struct Failure {
    pub(crate) at: Moment,
    /// How many there were in a row.
    pub(crate) count: u32,
    pub(crate) error: SourceError,
}

impl State {
    pub(crate) fn note(&mut self, error: SourceError, now: Moment) {
        if !matches!(error, SourceError::Transient(_)) {
            self.held = None;
        }
        let count = self.failure.as_ref().map_or(0, |failure| failure.count).saturating_add(1);
        self.failure = Some(Failure { at: now, count, error });
    }
}

/// A question to the store. A caller who has no time left drops it unanswered;
/// that is a failure like another, or each of those who wait for this answer
/// would ask again in vain.
pub(crate) struct Question<'c> {
    pub(crate) state: &'c Mutex<State>,
    pub(crate) asked: Moment,
    pub(crate) answered: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if !self.answered {
            let error = SourceError::Transient("no answer in the time there was".into());
            lock(self.state).note(error, self.asked);
        }
    }
}

pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Nothing under this lock can leave a half-written state behind.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
