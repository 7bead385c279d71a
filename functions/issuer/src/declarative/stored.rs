//! From what a file says to what is stored.
//!
//! Ids are the file's where it gives some, those of what is stored under the
//! same name otherwise, and else follow from the name: the same file gives the
//! same ids whenever it is read. What a file cannot say of a credential (whether
//! it is enabled, its role, mostly its lifetime) stays as it is where it is
//! stored already, so that an import enables nothing that somebody disabled.

use std::collections::HashMap;

use registry::{ConsumerImport, NewConsumer, NewCredential};
use token::{DEFAULT_CONSUMER_LIFETIME_SECS, Role};
use uuid::Uuid;

use super::plan::{PlannedConsumer, PlannedCredential};

/// The space of names in which ids are made; nothing else uses it.
const NAMES: Uuid = Uuid::from_u128(0x1b0d_6a5c_7c1e_4f0a_9d57_2a4b_6f3c_8e21);

/// What is stored under the names that a file has.
#[derive(Debug, Default)]
pub(crate) struct Present {
    /// Ids by username.
    pub(crate) consumers: HashMap<String, String>,
    /// By key.
    pub(crate) credentials: HashMap<String, PresentCredential>,
}

#[derive(Debug, Clone)]
pub(crate) struct PresentCredential {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) enabled: bool,
    pub(crate) max_lifetime_secs: u64,
}

/// What whoever imports says of all credentials.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ForAll {
    pub(crate) role: Option<Role>,
    pub(crate) max_lifetime_secs: Option<u64>,
}

impl PlannedConsumer {
    pub(crate) fn to_import(&self, present: &Present, for_all: ForAll) -> ConsumerImport {
        let known = || present.consumers.get(&self.username).cloned();
        let id = self.id.clone().or_else(known).unwrap_or_else(|| id_of("consumer", &self.username));
        let consumer = NewConsumer {
            id,
            username: self.username.clone(),
            custom_id: self.custom_id.clone(),
            tags: self.tags.clone(),
        };
        let credentials = self.credentials.iter().map(|credential| {
            let present = present.credentials.get(&credential.key);
            credential.to_new(present, for_all)
        });
        ConsumerImport { consumer, credentials: credentials.collect() }
    }
}

impl PlannedCredential {
    fn to_new(&self, present: Option<&PresentCredential>, for_all: ForAll) -> NewCredential {
        let id = self.id.clone().or_else(|| present.map(|present| present.id.clone()));
        let lifetime = for_all.max_lifetime_secs.or(present.map(|present| present.max_lifetime_secs));
        NewCredential {
            id: id.unwrap_or_else(|| id_of("credential", &self.key)),
            key: self.key.clone(),
            algorithm: self.algorithm,
            secrets: vec![self.to_secret()],
            role: for_all.role.or(present.map(|present| present.role)).unwrap_or(Role::User),
            enabled: present.is_none_or(|present| present.enabled),
            max_lifetime_secs: lifetime.unwrap_or(DEFAULT_CONSUMER_LIFETIME_SECS),
            not_before: None,
            tags: self.tags.clone(),
        }
    }
}

/// The version 5 UUID (RFC 9562 section 5.5) of a name.
fn id_of(kind: &str, name: &str) -> String {
    Uuid::new_v5(&NAMES, format!("{kind}:{name}").as_bytes()).to_string()
}
