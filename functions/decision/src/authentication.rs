//! From the text of a token to whoever it speaks for.
//!
//! What it takes is looked up on the way: the key ring for users, credentials
//! for consumers, revocations for both. A "no" is a [`Reason`]; a question that
//! the stores left open is [`Unavailable`].

use aws_config::SdkConfig;
use keys::{KeyCache, KeysUnavailable};
use registry::{Registry, RegistryUnavailable, Standing};
use token::{KeyClaim, Moment, Principal, Reason, TokenPath, Verifier};

use crate::{decision::Unavailable, settings::RegistrySettings};

/// Everything that a token is checked with.
pub(crate) struct Authentication {
    pub(crate) keys: KeyCache,
    pub(crate) verifier: Verifier,
    pub(crate) registry: Option<RegistryAccess>,
}

/// The registry, and what is asked of it.
pub(crate) struct RegistryAccess {
    /// `None` where AWS was not loaded: a table that cannot be read.
    registry: Option<Registry>,
    consumers: bool,
    fail_open: bool,
}

/// Who a token speaks for, or why nobody.
type Verified = Result<Principal, Reason>;

impl RegistryAccess {
    pub(crate) fn new(settings: RegistrySettings, aws: Option<&SdkConfig>) -> Self {
        let RegistrySettings { table, cache_secs, fail_open, consumers } = settings;
        Self { registry: aws.map(|aws| Registry::new(aws, table, cache_secs)), consumers, fail_open }
    }

    fn table(&self) -> Result<&Registry, Unavailable> {
        self.registry.as_ref().ok_or(Unavailable(Reason::RegistryUnavailable))
    }
}

/// How often the stores have been asked so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreReads {
    pub(crate) keys: u64,
    pub(crate) registry: u64,
}

impl Authentication {
    pub(crate) fn store_reads(&self) -> StoreReads {
        let registry = self.registry.as_ref().and_then(|access| access.registry.as_ref());
        StoreReads { keys: self.keys.fetches(), registry: registry.map_or(0, Registry::reads) }
    }

    /// What a decision that took too long was waiting for.
    pub(crate) fn missing(&self, now: Moment) -> Unavailable {
        let has_keys = self.registry.is_some() && self.keys.has_keys(now);
        Unavailable(if has_keys { Reason::RegistryUnavailable } else { Reason::KeysUnavailable })
    }

    /// Returns who `unverified_token` speaks for at `now`.
    pub(crate) async fn principal(
        &self,
        unverified_token: &str,
        now: Moment,
    ) -> Result<Verified, Unavailable> {
        let verified = match self.path(unverified_token) {
            Ok(path) => self.verify(path, unverified_token, now).await?,
            Err(reason) => return Ok(Err(reason)),
        };
        match verified {
            Ok(principal) if self.is_revoked(&principal, now).await? => Ok(Err(Reason::Revoked)),
            verified => Ok(verified),
        }
    }

    fn path(&self, unverified_token: &str) -> Result<TokenPath, Reason> {
        match &self.registry {
            Some(access) if access.consumers => self.verifier.path(unverified_token),
            _ => Ok(TokenPath::User),
        }
    }

    async fn verify(
        &self,
        path: TokenPath,
        unverified_token: &str,
        now: Moment,
    ) -> Result<Verified, Unavailable> {
        match path {
            TokenPath::User => self.user(unverified_token, now).await,
            TokenPath::Consumer(claim) => {
                let consumer = self.consumer(&claim, unverified_token, now).await?;
                Ok(consumer.unwrap_or(Err(Reason::UnknownConsumer)))
            }
            TokenPath::UserUnlessCredential(claim) => {
                match self.consumer(&claim, unverified_token, now).await? {
                    Some(verified) => Ok(verified),
                    None => self.user(unverified_token, now).await,
                }
            }
        }
    }

    async fn user(&self, unverified_token: &str, now: Moment) -> Result<Verified, Unavailable> {
        let verified = self.keys.verify(&self.verifier, unverified_token, now).await;
        verified.map_err(|KeysUnavailable(_)| Unavailable(Reason::KeysUnavailable))
    }

    /// Verifies with the credential that the token names; `None` where there is
    /// no such credential. A table that cannot be read is never passed over:
    /// without the secret there is nothing to check with.
    async fn consumer(
        &self,
        claim: &KeyClaim,
        unverified_token: &str,
        now: Moment,
    ) -> Result<Option<Verified>, Unavailable> {
        let Some(access) = &self.registry else { return Ok(None) };
        let credential = access.table()?.credential(claim, now).await.map_err(|error| unavailable(&error))?;
        let verify = |credential: std::sync::Arc<token::Credential>| {
            let verified = self.verifier.verify_consumer(unverified_token, &credential, now.wall);
            verified.map_err(|rejection| rejection.reason)
        };
        Ok(credential.map(verify))
    }

    async fn is_revoked(&self, principal: &Principal, now: Moment) -> Result<bool, Unavailable> {
        let Some(access) = &self.registry else { return Ok(false) };
        let standing = match access.table() {
            Ok(table) => table.check(principal, now).await.map_err(|error| unavailable(&error)),
            Err(unavailable) => Err(unavailable),
        };
        match standing {
            Ok(standing) => Ok(standing == Standing::Revoked),
            Err(_) if access.fail_open => Ok(false),
            Err(unavailable) => Err(unavailable),
        }
    }
}

fn unavailable(error: &RegistryUnavailable) -> Unavailable {
    tracing::warn!(%error, "could not read the registry");
    Unavailable(Reason::RegistryUnavailable)
}
