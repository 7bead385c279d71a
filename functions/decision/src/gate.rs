//! Everything that a request is decided with, built once at start.

use aws_config::SdkConfig;
use keys::{KeyCache, KeysUnavailable};
use token::{AccessRules, Moment, Reason};
use tokio::time::Instant;

use crate::{
    authentication::{Authentication, RegistryAccess, StoreReads},
    decision::{Decision, Unavailable},
    outcome::{MetricDirectives, Outcome, OutcomeLine},
    settings::GateSettings,
    token_source::{Found, TokenSource},
};

/// Decides on requests, with the keys and the registry behind it cached.
pub struct Gate {
    authentication: Authentication,
    sources: Vec<TokenSource>,
    rules: AccessRules,
    directives: MetricDirectives,
}

/// What the line of a decision is measured from.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    at: Instant,
    reads: StoreReads,
}

/// What a decision took, for its line.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    key_age_secs: Option<u64>,
    reads: StoreReads,
    micros: u64,
}

impl Gate {
    /// Without `aws` nothing that is in AWS can be read.
    pub fn new(settings: GateSettings, aws: Option<&SdkConfig>) -> Self {
        let GateSettings { keys, verifier, sources, rules, registry, metrics_namespace } = settings;
        let registry = registry.map(|told| RegistryAccess::new(told, aws));
        let authentication = Authentication { keys: KeyCache::new(keys, aws), verifier, registry };
        let directives = MetricDirectives::new(&metrics_namespace);
        Self { authentication, sources, rules, directives }
    }

    /// Where a request may carry its token.
    pub fn sources(&self) -> &[TokenSource] {
        &self.sources
    }

    /// Begins to measure a decision.
    pub fn start(&self) -> Started {
        Started { at: Instant::now(), reads: self.authentication.store_reads() }
    }

    /// Ends what [`Self::start`] began.
    pub fn measure(&self, started: Started, now: Moment) -> Measured {
        let reads = self.authentication.store_reads();
        Measured {
            key_age_secs: self.authentication.keys.age_secs(now),
            reads: StoreReads {
                keys: reads.keys.saturating_sub(started.reads.keys),
                registry: reads.registry.saturating_sub(started.reads.registry),
            },
            micros: u64::try_from(started.at.elapsed().as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// Returns the line, newline included, that a decision leaves behind, or that there was none;
    /// `kind` and `request_id` as far as the way here has them.
    pub fn line(
        &self,
        measured: Measured,
        now: Moment,
        kind: Option<&'static str>,
        request_id: Option<&str>,
        decided: Result<&Decision, Option<Unavailable>>,
    ) -> String {
        let (reason, principal) = match decided {
            Ok(decision) => (decision.reason(), decision.principal()),
            Err(unavailable) => (unavailable.map(|Unavailable(reason)| reason), None),
        };
        let line = OutcomeLine {
            directives: &self.directives,
            request_id,
            at: now.wall,
            kind,
            outcome: Outcome::of(decided),
            reason,
            principal,
            key_age_secs: measured.key_age_secs,
            key_reads: measured.reads.keys,
            registry_reads: measured.reads.registry,
            micros: measured.micros,
        };
        line.to_json()
    }

    /// Decides on a request to `path` that carries `token`, or carries none for
    /// the reason given.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] where keys or registry could not be read.
    pub async fn decide(
        &self,
        token: Result<Found<'_>, Reason>,
        method: &str,
        path: &str,
        is_ambiguous: bool,
        now: Moment,
    ) -> Result<Decision, Unavailable> {
        let verified = match token {
            Ok(found) => self.authentication.principal(found.unverified_token, now).await?,
            Err(reason) => Err(reason),
        };
        Ok(match verified {
            Ok(principal) => Decision::on_route(principal, &self.rules, method, path, is_ambiguous),
            Err(reason) => Decision::Unauthenticated(reason),
        })
    }

    /// What a decision that took too long was waiting for.
    pub fn missing(&self, now: Moment) -> Unavailable {
        self.authentication.missing(now)
    }

    /// Forgets the keys: a snapshot of this process must not hold a secret that
    /// every copy of it then shares.
    pub fn forget_keys(&self) {
        self.authentication.keys.forget();
    }

    /// Fetches the keys, so that the first request finds them.
    ///
    /// # Errors
    ///
    /// As [`KeyCache::keys`].
    pub async fn warm_up(&self, now: Moment) -> Result<(), KeysUnavailable> {
        self.authentication.keys.keys(now).await.map(|_| ())
    }
}
