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
use serde::Serialize;
use serde_json::{Map, Value};
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
    ) -> Result<Value, HandlerError> {
        let family = kind.family();
        if family == AnswerFamily::Http {
            return Ok(HttpAnswer::of(decision).render(kind));
        }
        let decision = decision?;
        let fails = family != AnswerFamily::AppSync && self.on_invalid_token == OnInvalidToken::Unauthorized;
        if fails && matches!(decision, Decision::Unauthenticated(_)) {
            return Err(HandlerError::Unauthorized);
        }
        match (family, self.http_api, route) {
            (AnswerFamily::AppSync, ..) => write(&app_sync::Answer::of(decision, now)),
            (AnswerFamily::SimpleOrPolicy, HttpApiResponse::Simple, _) => {
                write(&simple::Answer::of(decision))
            }
            (_, _, Route::Method(arn)) => write(&policy_answer::Answer::of(self, family, arn, decision)?),
            // Only an ARN can be written into a policy.
            (_, _, Route::Request { .. }) => Err(UnknownEvent::Arn.into()),
        }
    }
}

fn write(answer: &impl Serialize) -> Result<Value, HandlerError> {
    let answer = serde_json::to_value(answer).map_err(|_| HandlerError::AnswerTooLarge)?;
    if answer.to_string().len() > MAX_ANSWER_BYTES {
        return Err(HandlerError::AnswerTooLarge);
    }
    Ok(answer)
}

fn context(principal: &Principal) -> Map<String, Value> {
    principal.to_context().into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}
