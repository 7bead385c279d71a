//! One invocation: event, token, keys, registry, rules, answer, line.

use std::{sync::Arc, time::Duration};

use aws_config::SdkConfig;
use decision::{Decision, Gate, Started, TokenSource, Unavailable};
use keys::{KeysUnavailable, aws_config};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, value::RawValue};
use token::Moment;

use crate::{
    answer::{AnswerForm, HttpAnswer},
    error::HandlerError,
    event::{AuthorizerEvent, EventKind},
    settings::Settings,
};

/// An HTTP API gives up on its authorizer after ten seconds.
const MAX_MILLIS: u64 = 10_000;

/// What it takes to send an answer once it is made, and the second that a clock
/// of whole seconds may be behind.
const RESERVE_MILLIS: u64 = 1250;

/// The authorizer with its caches; a clone shares them.
#[derive(Clone)]
pub struct Authorizer {
    shared: Arc<Shared>,
}

struct Shared {
    gate: Gate,
    answers: AnswerForm,
    write_line: fn(&str),
}

impl Authorizer {
    /// Builds the clients that the settings ask for. `write_line` gets the line
    /// that each invocation leaves behind.
    pub async fn new(settings: Settings, write_line: fn(&str)) -> Self {
        let aws = if settings.needs_aws() { Some(aws_config().await) } else { None };
        Self::with_aws(settings, aws.as_ref(), write_line)
    }

    /// As [`Self::new`], with AWS as the caller says. Without it nothing that is
    /// in AWS can be read.
    pub fn with_aws(settings: Settings, aws: Option<&SdkConfig>, write_line: fn(&str)) -> Self {
        let Settings { gate, answers } = settings;
        let shared = Shared { gate: Gate::new(gate, aws), answers, write_line };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn sources(&self) -> &[TokenSource] {
        self.shared.gate.sources()
    }

    pub(crate) fn answers(&self) -> &AnswerForm {
        &self.shared.answers
    }

    /// Forgets the keys: a snapshot of this process must not hold a secret that
    /// every copy of it then shares.
    pub fn forget_keys(&self) {
        self.shared.gate.forget_keys();
    }

    /// Fetches the keys, so that the first request finds them.
    ///
    /// # Errors
    ///
    /// As [`keys::KeyCache::keys`].
    pub async fn warm_up(&self, now: Moment) -> Result<(), KeysUnavailable> {
        self.shared.gate.warm_up(now).await
    }

    /// Answers one event.
    ///
    /// # Errors
    ///
    /// `Unauthorized` where the token is not accepted; every other error is a
    /// question that could not be answered.
    pub async fn handle(
        &self,
        event: LambdaEvent<Value>,
        now: Moment,
    ) -> Result<Box<RawValue>, HandlerError> {
        let started = self.shared.gate.start();
        let LambdaEvent { payload, context } = event;
        let request = match AuthorizerEvent::read(&payload) {
            Ok(request) => request,
            Err(unknown) => {
                self.write_line(&context.request_id, now, started, None, Err(None));
                return Err(unknown.into());
            }
        };
        if request.is_health_check() {
            return HttpAnswer::healthy().render(request.kind);
        }
        if request.is_preflight() {
            return HttpAnswer::preflight().render(request.kind);
        }
        let decided = self.decide_in_time(&request, now, context.deadline).await;
        let decision = decided.as_ref().map_err(|unavailable| *unavailable);
        let answer = self.shared.answers.render(request.kind, &request.route, decision, now.wall);
        // A decision that cannot be sent is none to whoever asked, and must not
        // be counted as one.
        let sent = match &answer {
            Ok(_) | Err(HandlerError::Unauthorized) => decision.map_err(Some),
            Err(_) => Err(decision.err()),
        };
        self.write_line(&context.request_id, now, started, Some(request.kind), sent);
        answer
    }

    /// Decides before the function's deadline and the gateway's, whatever the
    /// stores do: a function that is cut off tells nobody why.
    async fn decide_in_time(
        &self,
        request: &AuthorizerEvent<'_>,
        now: Moment,
        deadline_millis: u64,
    ) -> Result<Decision, Unavailable> {
        let now_millis = u64::try_from(now.wall.as_unix_secs()).unwrap_or(0).saturating_mul(1000);
        // A test event of the console has no deadline.
        let own = if deadline_millis == 0 { MAX_MILLIS } else { deadline_millis.saturating_sub(now_millis) };
        let limit = Duration::from_millis(own.min(MAX_MILLIS).saturating_sub(RESERVE_MILLIS));
        let decided = tokio::time::timeout(limit, self.decide(request, now)).await;
        decided.unwrap_or_else(|_| Err(self.shared.gate.missing(now)))
    }

    pub(crate) async fn decide(
        &self,
        request: &AuthorizerEvent<'_>,
        now: Moment,
    ) -> Result<Decision, Unavailable> {
        let (token, route) = (request.token(self.sources()), &request.route);
        self.shared.gate.decide(token, route.method(), route.path(), route.is_ambiguous(), now).await
    }

    fn write_line(
        &self,
        request_id: &str,
        now: Moment,
        started: Started,
        kind: Option<EventKind>,
        decided: Result<&Decision, Option<Unavailable>>,
    ) {
        let kind = kind.map(EventKind::name);
        (self.shared.write_line)(&self.shared.gate.line(started, now, kind, Some(request_id), decided));
    }
}
