//! From settings to an issuer that can answer.

use std::sync::Arc;

use keys::{KeyCache, KeysUnavailable, SourceError};
use registry::{Consumers, Registry};
use zeroize::Zeroizing;

use crate::{
    hasher::Hasher,
    ids::{NoRandomness, random_bytes},
    issuer::{Clock, Issuer},
    pair::PairMaker,
    revoker::Revoker,
    settings::ServeSettings,
    store::{Store, StoreError},
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
}

/// What the settings lead to outside this process.
pub(crate) struct Surroundings {
    pub(crate) keys: KeyCache,
    pub(crate) revoker: Option<Arc<dyn Revoker>>,
    pub(crate) consumers: Option<Consumers>,
}

impl Surroundings {
    /// Makes the clients that the settings ask for.
    pub(crate) async fn connect(keys: keys::KeySettings, auth_table: Option<String>) -> Self {
        let aws =
            if keys.needs_aws() || auth_table.is_some() { Some(keys::aws_config().await) } else { None };
        let registry = aws.as_ref().zip(auth_table);
        let consumers = registry.as_ref().map(|(aws, table)| Consumers::new(aws, table.clone()));
        let registry = registry
            // Written to and never asked, so nothing is worth caching.
            .map(|(aws, table)| Arc::new(Registry::new(aws, table, 0)) as Arc<dyn Revoker>);
        Self { keys: KeyCache::new(keys, aws.as_ref()), revoker: registry, consumers }
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
        let Surroundings { keys, revoker, consumers } =
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

        let store = Store::open(&settings.database).await?;
        let fresh = Zeroizing::new(random_bytes()?);
        let refresh_key = store.refresh_key(fresh, moment.wall).await?;
        Ok(Self {
            store,
            keys,
            pairs: PairMaker {
                minter: settings.tokens.minter,
                refresh_key,
                access_token_secs: settings.tokens.access_token_secs,
            },
            verifier: settings.tokens.verifier,
            hasher: Hasher::new(cores),
            limits: settings.limits,
            revoker,
            consumers,
            clock,
        })
    }
}
