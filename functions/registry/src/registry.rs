//! The registry: what verifiers ask and issuers tell.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_config::SdkConfig;
use token::{Credential, KeyClaim, Moment, Principal, Timestamp};

use crate::{
    credential_item,
    entry::Entry,
    item::Item,
    memory::{Memory, Recalled, Revoked},
    revocation::{self, Revocation},
    table::{RegistryUnavailable, Table},
};

/// Revocations and credentials, in DynamoDB and for a few seconds here. A clone
/// shares them.
#[derive(Clone)]
pub struct Registry {
    table: Table,
    memory: Arc<Mutex<Memory>>,
}

/// What the registry knows about a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Good,
    Revoked,
}

impl Registry {
    /// `cache_secs` is how long an answer is used again; 0 asks every time.
    pub fn new(aws: &SdkConfig, table: String, cache_secs: u64) -> Self {
        Self { table: Table::new(aws, table), memory: Arc::new(Mutex::new(Memory::new(cache_secs))) }
    }

    /// Returns the credential that an unverified token names; `None` where there
    /// is none.
    ///
    /// One request at most. Where this credential has been seen before, it asks
    /// in the same request for what [`Self::check`] will want to know, which
    /// then asks nothing.
    ///
    /// # Errors
    ///
    /// [`RegistryUnavailable`] where the table did not answer, or what it has
    /// under this key cannot be read as a credential.
    pub async fn credential(
        &self,
        claim: &KeyClaim,
        now: Moment,
    ) -> Result<Option<Arc<Credential>>, RegistryUnavailable> {
        let recalled = self.memory().credential(claim, now);
        let keys = match recalled {
            Recalled::Credential(credential) => return Ok(Some(credential)),
            Recalled::NoCredential => return Ok(None),
            Recalled::Ask(keys) => keys,
        };
        let mut items = self.table.read(&keys).await?;
        let key = revocation::credential_key(claim.key());
        let credential = items.remove(&key).map(|item| read_credential(claim.key(), item)).transpose()?;
        let besides = keys.into_iter().filter(|asked| *asked != key);
        let besides = read_entries(besides, &items)?;

        let mut memory = self.memory();
        memory.keep_credential(key, credential.as_ref(), now);
        for (key, entry) in besides {
            memory.keep_entry(key, entry, now);
        }
        Ok(credential)
    }

    /// Looks the token, its session and its subject up, in one request for what
    /// is not known yet.
    ///
    /// # Errors
    ///
    /// [`RegistryUnavailable`] where the table did not answer for all of them.
    pub async fn check(&self, principal: &Principal, now: Moment) -> Result<Standing, RegistryUnavailable> {
        let known = self.memory().revoked(principal, now);
        let keys = match known {
            Revoked::Yes => return Ok(Standing::Revoked),
            Revoked::UnlessUnder(keys) if keys.is_empty() => return Ok(Standing::Good),
            Revoked::UnlessUnder(keys) => keys,
        };
        let items = self.table.read(&keys).await?;
        let mut standing = Standing::Good;
        let mut memory = self.memory();
        for (key, entry) in read_entries(keys.into_iter(), &items)? {
            if entry.revokes(principal.issued_at(), now.wall) {
                standing = Standing::Revoked;
            }
            memory.keep_entry(key, entry, now);
        }
        Ok(standing)
    }

    /// Keeps `revocation` until `until`, after which nothing it covers can be
    /// valid any more. Idempotent; never shortens an entry that is there.
    ///
    /// That of a credential is kept in the credential, for as long as that is
    /// there, and so has no use for `until`. Where there is no such credential
    /// nothing is written: nothing that it made is accepted.
    ///
    /// # Errors
    ///
    /// [`RegistryUnavailable`] where the table did not take it.
    pub async fn revoke(&self, revocation: &Revocation, until: Timestamp) -> Result<(), RegistryUnavailable> {
        let key = revocation.key();
        match revocation {
            Revocation::Token { .. } | Revocation::Session { .. } => self.table.put(key, None, until).await,
            Revocation::Subject { not_before, .. } => self.table.put(key, Some(*not_before), until).await,
            Revocation::Credential { not_before, .. } => self.table.set_not_before(key, *not_before).await,
        }
    }

    /// How often the table has been asked so far: whatever was answered without
    /// came from memory.
    pub fn reads(&self) -> u64 {
        self.table.reads()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_credential(key: &str, item: Item) -> Result<Arc<Credential>, RegistryUnavailable> {
    let credential = credential_item::read(key, item).map_err(|error| {
        // Whoever runs this must find the item; its key is no secret.
        RegistryUnavailable(format!("the credential {key:?} cannot be used: {error}"))
    })?;
    Ok(Arc::new(credential))
}

/// Reads the revocations under `keys`; what is not among `items` is absent.
fn read_entries(
    keys: impl Iterator<Item = String>,
    items: &HashMap<String, Item>,
) -> Result<Vec<(String, Entry)>, RegistryUnavailable> {
    let read = |key: String| {
        let entry = items.get(&key).map_or(Ok(Entry::Absent), Entry::read);
        entry.map(|entry| (key, entry)).map_err(|error| RegistryUnavailable(error.to_string()))
    };
    keys.map(read).collect()
}
