//! One invocation: event, token, keys, registry, rules, answer, line.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use aws_config::SdkConfig;
use decision::{Decision, Gate, TokenSource, Unavailable};
use keys::{KeysUnavailable, aws_config};
use lambda_runtime::LambdaEvent;
use serde_json::value::RawValue;
use token::Moment;

use crate::{
    answer::{AnswerForm, HttpAnswer},
    due_line::DueLine,
    error::HandlerError,
    event::{AuthorizerEvent, Payload},
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

    /// Answers one event, and writes its line.
    ///
    /// # Errors
    ///
    /// `Unauthorized` where the token is not accepted; every other error is a
    /// question that could not be answered.
    pub async fn handle(
        &self,
        event: LambdaEvent<impl Into<Payload>>,
        now: Moment,
    ) -> Result<Box<RawValue>, HandlerError> {
        let event = LambdaEvent::new(event.payload.into(), event.context);
        let (answer, line) = self.answer(event, now).await;
        if let Some(line) = line {
            self.write_line(&line);
        }
        answer
    }

    /// Answers one event. The line that is to be written about it, if any, is the
    /// caller's to write.
    pub(crate) async fn answer(
        &self,
        event: LambdaEvent<Payload>,
        now: Moment,
    ) -> (Result<Box<RawValue>, HandlerError>, Option<DueLine>) {
        let started = self.shared.gate.start();
        let LambdaEvent { payload, context } = event;
        let (deadline, request_id) = (context.deadline, context.request_id);
        let line = |kind, decided| {
            let measured = self.shared.gate.measure(started, now);
            Some(DueLine { request_id, now, measured, kind, decided })
        };
        let request = match AuthorizerEvent::read(&payload) {
            Ok(request) => request,
            Err(unknown) => return (Err(unknown.into()), line(None, Err(None))),
        };
        if request.is_health_check() {
            return (HttpAnswer::healthy().render(request.kind), None);
        }
        if request.is_preflight() {
            return (HttpAnswer::preflight().render(request.kind), None);
        }
        let decided = self.decide_in_time(&request, now, deadline).await;
        let decision = decided.as_ref().map_err(|unavailable| *unavailable);
        let answer = self.shared.answers.render(request.kind, &request.route, decision, now.wall);
        // A decision that cannot be sent is none to whoever asked, and must not
        // be counted as one.
        let sent = match &answer {
            Ok(_) | Err(HandlerError::Unauthorized) => decided.map_err(Some),
            Err(_) => Err(decided.err()),
        };
        (answer, line(Some(request.kind.name()), sent))
    }

    pub(crate) fn write_line(&self, line: &DueLine) {
        let DueLine { request_id, now, measured, kind, decided } = line;
        let decided = decided.as_ref().map_err(|unavailable| *unavailable);
        (self.shared.write_line)(&self.shared.gate.line(*measured, *now, *kind, Some(request_id), decided));
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
        let mut deciding = pin!(self.decide(request, now));
        // Most decisions need nobody else, and so no clock to watch over them.
        let at_once = poll_fn(|context| Poll::Ready(deciding.as_mut().poll(context))).await;
        if let Poll::Ready(decided) = at_once {
            return decided;
        }
        let decided = tokio::time::timeout(limit, deciding).await;
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
}
