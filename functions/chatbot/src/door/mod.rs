//! The doors a request may come through: events of API Gateway, of a load
//! balancer and of a function URL, and plain HTTP.
//!
//! Behind each is the same router. What differs is who says who is calling, and
//! that is told by the door alone, never by anything in the request.

mod event;
mod lambda;
mod plain;
mod response;

use std::time::Duration;

use lambda_runtime::Diagnostic;
use token::Principal;
use tokio::time::Instant;

pub(crate) use lambda::{LambdaDoor, serve_lambda};
pub(crate) use plain::{PlainSettings, serve_plain};

/// Who says who is calling; among the extensions of every request.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// The authorizer in front of API Gateway; `None` where there was none, or
    /// where what it said makes no sense.
    Gateway(Option<Box<Principal>>),
    /// Nobody: the request carries a token that has not been checked. With the
    /// kind of door, for the log.
    Direct(&'static str),
}

/// When an answer has to be there; among the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(pub(crate) Instant);

impl Deadline {
    /// How long a request takes at most where nothing else limits it.
    const DEFAULT: Duration = Duration::from_mins(5);

    pub(crate) fn after(limit: Option<Duration>) -> Self {
        Self(Instant::now() + limit.unwrap_or(Self::DEFAULT))
    }
}

/// The event is of no kind that this function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownEvent {
    /// An event for an authorizer looks nearly like a request, and answering it
    /// as one would let everybody in.
    #[error("the event is for an authorizer, not for the chatbot")]
    Authorizer,
    #[error("the event is not a proxy event of a REST API, an HTTP API, a load balancer or a function URL")]
    Shape,
    #[error("the answer could not be written")]
    Answer,
}

impl From<UnknownEvent> for Diagnostic {
    fn from(error: UnknownEvent) -> Self {
        Self { error_type: "UnknownEvent".into(), error_message: error.to_string() }
    }
}

#[cfg(test)]
mod tests;
