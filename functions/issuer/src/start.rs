//! From settings to an issuer that can answer.

use std::sync::Arc;

use keys::{KeyCache, KeysUnavailable, SourceError};
use registry::{Consumers, Registry};
use zeroize::Zeroizing;

use crate::{
    decoys::Decoys,
    hasher::Hasher,
    ids::{NoRandomness, random_bytes},
    issuer::{Clock, Issuer},
    lookup::Lookup,
    metrics::{Metrics, Stopwatch},
    pair::PairMaker,
    revoker::Revoker,
    server::{Certificates, TlsFault},
    settings::ServeSettings,
    store::{Store, StoreError},
    throttle::LoginThrottle,
};

/// Why an issuer could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the secret cannot be used")]
    Keys(#[from] KeysUnavailable),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Tls(#[from] TlsFault),
    #[error("the threads that hash passwords could not be started")]
    Threads(#[source] std::io::Error),
}

/// What the settings lead to outside this process.
pub(crate) struct Surroundings {
    pub(crate) keys: KeyCache,
    pub(crate) revoker: Option<Arc<dyn Revoker>>,
    pub(crate) consumers: Option<Consumers>,
    /// The same registry, to be asked.
    pub(crate) lookup: Option<Arc<dyn Lookup>>,
}

impl Surroundings {
    /// Makes the clients that the settings ask for.
    pub(crate) async fn connect(keys: keys::KeySettings, auth_table: Option<String>) -> Self {
        let aws =
            if keys.needs_aws() || auth_table.is_some() { Some(keys::aws_config().await) } else { None };
        let registry = aws.as_ref().zip(auth_table);
        let consumers = registry.as_ref().map(|(aws, table)| Consumers::new(aws, table.clone()));
        // Whoever asks here wants to know what holds now.
        let registry = registry.map(|(aws, table)| Arc::new(Registry::new(aws, table, 0)));
        Self {
            keys: KeyCache::new(keys, aws.as_ref()),
            revoker: registry.clone().map(|registry| registry as Arc<dyn Revoker>),
            consumers,
            lookup: registry.map(|registry| registry as Arc<dyn Lookup>),
        }
    }
}

impl Issuer {
    /// Opens the database, makes sure of the keys, and returns the issuer.
    ///
    /// A secret store that cannot be reached holds nothing up: until it can be,
    /// the issuer is not ready. A secret that cannot be used is an error now.
    pub(crate) async fn start(
        settings: ServeSettings,
        connect: impl AsyncFnOnce(keys::KeySettings, Option<String>) -> Surroundings,
        clock: Clock,
        cores: usize,
    ) -> Result<Self, StartError> {
        let Surroundings { keys, revoker, consumers, lookup } =
            connect(settings.tokens.keys, settings.auth_table).await;
        let moment = clock();
        match keys.keys(moment).await {
            Ok(_) => {}
            Err(KeysUnavailable(SourceError::Transient(error))) => {
                tracing::error!(%error, "no key ring yet; logins fail until there is one");
            }
            Err(error) => return Err(error.into()),
        }
        if revoker.is_none() {
            tracing::warn!(
                "AUTH_TABLE is not set: a logout ends the session, and access tokens given out \
                 before stay good until they expire"
            );
        }

        if !settings.throttle_logins {
            tracing::warn!(
                "LOGIN_THROTTLE is off: nothing keeps anybody from trying passwords as fast as this \
                 machine can check them"
            );
        }

        let files = settings.server.tls.clone();
        let certificates = files.map(|files| Certificates::open(files, moment)).transpose()?;
        let store = Store::open(&settings.database).await?;
        let fresh = Zeroizing::new(random_bytes()?);
        let refresh_key = store.refresh_key(fresh, moment.wall).await?;
        let fresh = Zeroizing::new(random_bytes()?);
        let throttle_key = Arc::new(store.throttle_key(fresh, moment.wall).await?);
        let throttle = settings.throttle_logins.then(|| LoginThrottle::new(Arc::clone(&throttle_key)));
        let metrics = Metrics::new();
        let stopwatch = Stopwatch::new(Arc::clone(&clock), metrics.hash_seconds());
        let hasher = Hasher::new(cores, stopwatch).map_err(StartError::Threads)?;
        let issuer = Self {
            store,
            keys,
            pairs: PairMaker {
                minter: settings.tokens.minter,
                refresh_key,
                access_token_secs: settings.tokens.access_token_secs,
            },
            verifier: settings.tokens.verifier,
            hasher,
            limits: settings.limits,
            factors: settings.factors,
            audit_retention_secs: settings.audit_retention_secs,
            proxies: settings.proxies,
            throttle,
            decoys: Decoys::new(throttle_key),
            revoker,
            consumers,
            lookup,
            clock,
            metrics,
            http: settings.http,
            server: settings.server,
            certificates,
        };
        issuer.count_hash_kinds().await?;
        Ok(issuer)
    }
}
