//! One invocation: event, token, keys, registry, rules, answer, line.

use std::{sync::Arc, time::Duration};

use aws_config::SdkConfig;
use keys::{KeyCache, KeysUnavailable, aws_config};
use lambda_runtime::LambdaEvent;
use registry::{Registry, Standing};
use serde_json::Value;
use token::{AccessRules, Moment, Principal, Reason, Rejection, Verifier};

use crate::{
    answer::AnswerForm,
    decision::{Decision, Unavailable},
    error::HandlerError,
    event::{AuthorizerEvent, EventKind},
    outcome::{Outcome, OutcomeLine},
    settings::Settings,
    token_source::TokenSource,
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
    keys: KeyCache,
    registry: Option<RevocationCheck>,
    verifier: Verifier,
    sources: Vec<TokenSource>,
    rules: AccessRules,
    answers: AnswerForm,
    metrics_namespace: String,
    write_line: fn(&str),
}

struct RevocationCheck {
    registry: Registry,
    fail_open: bool,
}

impl Authorizer {
    /// Builds the clients that the settings ask for. `write_line` gets the line
    /// that each invocation leaves behind.
    pub async fn new(settings: Settings, write_line: fn(&str)) -> Self {
        let aws = if settings.needs_aws() { Some(aws_config().await) } else { None };
        Self::with_aws(settings, aws.as_ref(), write_line)
    }

    /// As [`Self::new`], with AWS as the caller says.
    pub fn with_aws(settings: Settings, aws: Option<&SdkConfig>, write_line: fn(&str)) -> Self {
        let Settings { keys, registry, verifier, sources, rules, answers, metrics_namespace } = settings;
        let registry = aws.zip(registry).map(|(aws, told)| RevocationCheck {
            registry: Registry::new(aws, told.table, told.cache_secs),
            fail_open: told.fail_open,
        });
        let keys = KeyCache::new(keys, aws);
        let shared =
            Shared { keys, registry, verifier, sources, rules, answers, metrics_namespace, write_line };
        Self { shared: Arc::new(shared) }
    }

    /// Fetches the keys, so that the first request finds them.
    ///
    /// # Errors
    ///
    /// As [`KeyCache::keys`].
    pub async fn warm_up(&self, now: Moment) -> Result<(), KeysUnavailable> {
        self.shared.keys.keys(now).await.map(|_| ())
    }

    /// Answers one event.
    ///
    /// # Errors
    ///
    /// `Unauthorized` where the token is not accepted; every other error is a
    /// question that could not be answered.
    pub async fn handle(&self, event: LambdaEvent<Value>, now: Moment) -> Result<Value, HandlerError> {
        let LambdaEvent { payload, context } = event;
        let request = AuthorizerEvent::read(&payload);
        let decided = match &request {
            Ok(request) => Some(self.decide_in_time(request, now, context.deadline).await),
            Err(_) => None,
        };
        self.write_line(
            &context.request_id,
            now,
            request.as_ref().ok().map(|request| request.kind),
            decided.as_ref(),
        );
        let request = request?;
        match decided {
            Some(Ok(decision)) => self.shared.answers.render(request.kind, &request.arn, &decision),
            Some(Err(unavailable)) => Err(unavailable.into()),
            None => Err(HandlerError::Unavailable(Reason::KeysUnavailable)),
        }
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
        tokio::time::timeout(limit, self.decide(request, now))
            .await
            .unwrap_or(Err(Unavailable(Reason::KeysUnavailable)))
    }

    async fn decide(&self, request: &AuthorizerEvent<'_>, now: Moment) -> Result<Decision, Unavailable> {
        let principal = match request.token(&self.shared.sources) {
            Ok(unverified_token) => self.verify(unverified_token, now).await?,
            Err(reason) => Err(reason),
        };
        let principal = match principal {
            Ok(principal) => principal,
            Err(reason) => return Ok(Decision::Unauthenticated(reason)),
        };
        if self.is_revoked(&principal, now).await? {
            return Ok(Decision::Unauthenticated(Reason::Revoked));
        }
        Ok(Decision::on_route(principal, &self.shared.rules, &request.arn))
    }

    /// Verifies with the keys at hand, and once more where newer ones may help.
    async fn verify(
        &self,
        unverified_token: &str,
        now: Moment,
    ) -> Result<Result<Principal, Reason>, Unavailable> {
        let Shared { keys, verifier, .. } = &*self.shared;
        let unavailable = |KeysUnavailable(_)| Unavailable(Reason::KeysUnavailable);
        let ring = keys.keys(now).await.map_err(unavailable)?;
        let verify = |ring| verifier.verify(unverified_token, ring, now.wall);
        let verified = match verify(&ring) {
            Err(Rejection { newer_keys_may_help: true, reason }) => {
                match keys.newer_keys(&ring, now).await.map_err(unavailable)? {
                    Some(newer) => verify(&newer),
                    None => Err(reason.into()),
                }
            }
            verified => verified,
        };
        Ok(verified.map_err(|rejection| rejection.reason))
    }

    async fn is_revoked(&self, principal: &Principal, now: Moment) -> Result<bool, Unavailable> {
        let Some(check) = &self.shared.registry else { return Ok(false) };
        match check.registry.check(principal, now).await {
            Ok(standing) => Ok(standing == Standing::Revoked),
            Err(error) => {
                tracing::warn!(%error, "could not look revocations up");
                if check.fail_open { Ok(false) } else { Err(Unavailable(Reason::RegistryUnavailable)) }
            }
        }
    }

    fn write_line(
        &self,
        request_id: &str,
        now: Moment,
        kind: Option<EventKind>,
        decided: Option<&Result<Decision, Unavailable>>,
    ) {
        let (outcome, reason, principal) = match decided {
            Some(Ok(decision)) => {
                let outcome = match decision {
                    Decision::Allow(_) => Outcome::Allow,
                    Decision::Unauthenticated(_) => Outcome::Unauthenticated,
                    Decision::Forbidden(_) => Outcome::Forbidden,
                };
                (outcome, decision.reason(), decision.principal())
            }
            Some(Err(Unavailable(reason))) => (Outcome::Unavailable, Some(*reason), None),
            None => (Outcome::Unavailable, None, None),
        };
        let line = OutcomeLine {
            namespace: &self.shared.metrics_namespace,
            request_id,
            at: now.wall,
            kind: kind.map(EventKind::name),
            outcome,
            reason,
            principal,
            key_age_secs: self.shared.keys.age_secs(now),
        };
        (self.shared.write_line)(&line.to_json());
    }
}
