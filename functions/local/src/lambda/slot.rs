//! One process of a function, as the host sees it.

use tokio::sync::{Notify, oneshot};

use super::{
    outcome::{FunctionError, Outcome},
    stream::{Begun, End},
};

/// An invocation that a process is working on.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) request_id: String,
    pub(super) reply: Reply,
}

/// What the invoker still waits for.
#[derive(Debug)]
pub(super) enum Reply {
    /// Anything at all.
    Due(oneshot::Sender<Begun>),
    /// The end of an answer that has begun.
    Flowing(oneshot::Sender<End>),
}

impl Running {
    /// Ends the invocation with an error, at whichever point it is.
    pub(super) fn fail(self, error: FunctionError) {
        // An invoker that has gone away needs no answer.
        match self.reply {
            Reply::Due(reply) => drop(reply.send(Begun::Whole(Outcome::Error(error)))),
            Reply::Flowing(end) => drop(end.send(Err(error))),
        }
    }
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

    /// The running invocation, if it is the one named.
    pub(super) fn running(&mut self, request_id: &str) -> Option<&mut Running> {
        match &mut self.state {
            State::Running(running) if running.request_id == request_id => Some(running),
            _ => None,
        }
    }

    /// Takes the running invocation out, if it is the one named and its reply
    /// has come as far as `fits` asks.
    pub(super) fn finish(&mut self, request_id: &str, fits: impl Fn(&Reply) -> bool) -> Option<Running> {
        match &self.state {
            State::Running(running) if running.request_id == request_id && fits(&running.reply) => {
                match std::mem::replace(&mut self.state, State::Idle) {
                    State::Running(running) => Some(running),
                    State::Starting | State::InitFailed(_) | State::Idle => None,
                }
            }
            _ => None,
        }
    }
}
