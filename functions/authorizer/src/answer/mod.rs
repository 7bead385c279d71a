//! What is answered to each kind of gateway.
//!
//! Written from structs of our own, without a null anywhere: gateways take a
//! null context or condition for a broken authorizer.

mod app_sync;
mod http;
mod policy;
mod policy_answer;
mod simple;

use decision::{Decision, Unavailable};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use token::{Principal, Timestamp};

use crate::{
    error::HandlerError,
    event::{AnswerFamily, EventKind, Route, UnknownEvent},
};

pub(crate) use http::HttpAnswer;
pub(crate) use policy::{PolicyTemplates, PolicyTooLarge};

/// The largest answer of an authorizer in bytes (WebSocket APIs enforce it;
/// nobody documents another number for the rest).
const MAX_ANSWER_BYTES: usize = 8192;

/// The answers that are a matter of configuration, because no event tells.
#[derive(Debug, Clone)]
pub(crate) struct AnswerForm {
    pub(crate) http_api: HttpApiResponse,
    pub(crate) on_invalid_token: OnInvalidToken,
    pub(crate) policies: PolicyTemplates,
    /// How long after `exp` a token is accepted; `None` leaves the condition out.
    pub(crate) policy_leeway_secs: Option<u64>,
}

/// What an HTTP API with payload format 2.0 expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpApiResponse {
    Simple,
    Policy,
}

/// What becomes of a token that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnInvalidToken {
    /// 401: the function fails with the one word that gateways know.
    Unauthorized,
    /// 403: an answer that denies, which the gateway may keep.
    Deny,
}

impl AnswerForm {
    /// Renders a decision, or what there is to say where none could be made.
    pub(crate) fn render(
        &self,
        kind: EventKind,
        route: &Route<'_>,
        decision: Result<&Decision, Unavailable>,
        now: Timestamp,
    ) -> Result<Box<RawValue>, HandlerError> {
        let family = kind.family();
        if family == AnswerFamily::Http {
            return HttpAnswer::of(decision).render(kind);
        }
        let decision = decision?;
        let fails = family != AnswerFamily::AppSync && self.on_invalid_token == OnInvalidToken::Unauthorized;
        if fails && matches!(decision, Decision::Unauthenticated(_)) {
            return Err(HandlerError::Unauthorized);
        }
        match (family, self.http_api, route) {
            (AnswerFamily::AppSync, ..) => write_limited(&app_sync::Answer::of(decision, now)),
            (AnswerFamily::SimpleOrPolicy, HttpApiResponse::Simple, _) => {
                write_limited(&simple::Answer::of(decision))
            }
            (_, _, Route::Method(arn)) => {
                write_limited(&policy_answer::Answer::of(self, family, arn, decision)?)
            }
            // Only an ARN can be written into a policy.
            (_, _, Route::Request { .. }) => Err(UnknownEvent::Arn.into()),
        }
    }
}

/// Writes an answer to a gateway.
fn write_limited(answer: &impl Serialize) -> Result<Box<RawValue>, HandlerError> {
    let answer = write(answer)?;
    if answer.get().len() > MAX_ANSWER_BYTES { Err(HandlerError::AnswerTooLarge) } else { Ok(answer) }
}

/// Writes an answer as it is sent: the runtime passes the text on.
fn write(answer: &impl Serialize) -> Result<Box<RawValue>, HandlerError> {
    // Text without limit, so nothing can fail here.
    to_raw_value(answer).map_err(|_| HandlerError::AnswerTooLarge)
}

/// What the backend is told about a caller.
#[derive(Debug)]
struct Context<'p>(&'p Principal);

impl Serialize for Context<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.to_context())
    }
}
