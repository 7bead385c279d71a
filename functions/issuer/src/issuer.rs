//! The parts that every request works with.
//!
//! What a request can do is in the module named for it; each adds its method to
//! [`Issuer`]. An outcome is a value, yes or no; a [`Fault`] means that the
//! question stayed open.

use std::sync::Arc;

use keys::{KeyCache, KeysUnavailable};
use registry::Consumers;
use token::{KeyRing, Moment, Timestamp, Verifier};

use crate::{
    decoys::Decoys,
    hasher::{Busy, Hasher},
    http::HttpSettings,
    ids::NoRandomness,
    lookup::{Lookup, LookupFailed},
    metrics::Metrics,
    pair::PairMaker,
    password_hash::HashError,
    proxies::Proxies,
    revoker::Revoker,
    second_factor::FactorPolicy,
    server::{Certificates, ServerSettings},
    session::SessionLimits,
    store::{Store, StoreError},
    throttle::LoginThrottle,
};

/// Asks both clocks.
pub(crate) type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Logs people in and gives out their tokens.
pub(crate) struct Issuer {
    pub(crate) store: Store,
    pub(crate) keys: KeyCache,
    pub(crate) pairs: PairMaker,
    /// For the issuer's own access tokens.
    pub(crate) verifier: Verifier,
    pub(crate) hasher: Hasher,
    pub(crate) limits: SessionLimits,
    pub(crate) factors: FactorPolicy,
    pub(crate) audit_retention_secs: u64,
    pub(crate) proxies: Proxies,
    /// `None` where it is switched off.
    pub(crate) throttle: Option<LoginThrottle>,
    pub(crate) decoys: Decoys,
    /// `None` where there is no registry: access tokens stay good until they
    /// expire.
    pub(crate) revoker: Option<Arc<dyn Revoker>>,
    /// The same registry, for whoever administers it.
    pub(crate) consumers: Option<Consumers>,
    /// The same registry, to be asked.
    pub(crate) lookup: Option<Arc<dyn Lookup>>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) http: HttpSettings,
    pub(crate) server: ServerSettings,
    /// `None` where the listener speaks plain HTTP.
    pub(crate) certificates: Option<Certificates>,
}

/// Why a request got no answer to its question.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    KeysUnavailable(#[from] KeysUnavailable),
    #[error("no key of the ring may sign now")]
    NoSigningKey,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Registry(#[from] LookupFailed),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("a session changed each time it was looked at")]
    Contention,
}

impl Issuer {
    pub(crate) fn moment(&self) -> Moment {
        (self.clock)()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.moment().wall
    }

    /// Returns the ring, where one of its keys may sign now. Asked before
    /// anything is changed, so that an outage spends no refresh token.
    pub(crate) async fn signing_keys(&self) -> Result<Arc<KeyRing>, Fault> {
        let moment = self.moment();
        let keys = self.keys.keys(moment).await?;
        match keys.signing_key(moment.wall) {
            Some(_) => Ok(keys),
            None => Err(Fault::NoSigningKey),
        }
    }
}
