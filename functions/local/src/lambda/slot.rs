//! One process of a function, as the host sees it.

use tokio::sync::{Notify, oneshot};

use super::outcome::{FunctionError, Outcome};

/// An invocation that a process is working on.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) request_id: String,
    pub(super) reply: oneshot::Sender<Outcome>,
}

#[derive(Debug)]
pub(super) enum State {
    /// Started, and has not asked for work yet.
    Starting,
    /// Said that it cannot start; it is about to end.
    InitFailed(FunctionError),
    Idle,
    Running(Running),
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) state: State,
    /// Wakes the keeper of this process to kill it.
    pub(super) kill: std::sync::Arc<Notify>,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self { state: State::Starting, kill: std::sync::Arc::default() }
    }

    /// Takes the running invocation out, if it is the one named.
    pub(super) fn finish(&mut self, request_id: &str) -> Option<Running> {
        match &self.state {
            State::Running(running) if running.request_id == request_id => {
                match std::mem::replace(&mut self.state, State::Idle) {
                    State::Running(running) => Some(running),
                    State::Starting | State::InitFailed(_) | State::Idle => None,
                }
            }
            _ => None,
        }
    }
}
