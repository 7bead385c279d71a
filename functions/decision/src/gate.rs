//! Everything that a request is decided with, built once at start.

use aws_config::SdkConfig;
use keys::{KeyCache, KeysUnavailable};
use token::{AccessRules, Moment, Reason};

use crate::{
    authentication::{Authentication, RegistryAccess, StoreReads},
    decision::{Decision, Unavailable},
    settings::GateSettings,
    token_source::{Found, TokenSource},
};

/// Decides on requests, with the keys and the registry behind it cached.
pub struct Gate {
    authentication: Authentication,
    sources: Vec<TokenSource>,
    rules: AccessRules,
    metrics_namespace: String,
}

impl Gate {
    /// Without `aws` nothing that is in AWS can be read.
    pub fn new(settings: GateSettings, aws: Option<&SdkConfig>) -> Self {
        let GateSettings { keys, verifier, sources, rules, registry, metrics_namespace } = settings;
        let registry = registry.map(|told| RegistryAccess::new(told, aws));
        let authentication = Authentication { keys: KeyCache::new(keys, aws), verifier, registry };
        Self { authentication, sources, rules, metrics_namespace }
    }

    /// Where a request may carry its token.
    pub fn sources(&self) -> &[TokenSource] {
        &self.sources
    }

    /// The namespace of the metrics that decisions are counted in.
    pub fn metrics_namespace(&self) -> &str {
        &self.metrics_namespace
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
            // In a box: the futures of the AWS clients are deep, and the compiler
            // gives up on one type that holds all of them.
            Ok(found) => Box::pin(self.authentication.principal(found.unverified_token, now)).await?,
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

    pub fn store_reads(&self) -> StoreReads {
        self.authentication.store_reads()
    }

    /// How old the keys at hand are; `None` where there are none.
    pub fn key_age_secs(&self, now: Moment) -> Option<u64> {
        self.authentication.keys.age_secs(now)
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
