//! A credential's item, changed without losing what is not understood here.
//!
//! Beside what verifiers read (`credential_item`), it has:
//!
//! ```text
//! id S · consumer_id S · tags L of S · created_at N · updated_at N · revision N
//! ```
//!
//! Items that were written by hand have none of them.

use aws_sdk_dynamodb::types::AttributeValue;
use token::Timestamp;
use zeroize::Zeroize;

use super::{
    consumer_item::time,
    items::{text, unreadable},
    marker::Marker,
    transaction::{Condition, Transaction},
};
use crate::{
    RegistryUnavailable,
    item::{Item, UnreadableItem},
    revocation::credential_key,
    table::Attributes,
};

pub(super) const CREDENTIAL_PREFIX: &str = "CRED#";

/// What one credential takes over from another that is put in its place.
pub(super) const REPLACED: [&str; 7] =
    ["pk", "algorithm", "secrets", "role", "enabled", "max_lifetime_secs", "tags"];

/// Who a credential belongs to, as it says itself.
pub(super) const OWNER: [&str; 3] = ["consumer", "custom_id", "consumer_id"];

/// A credential as the table has it. It cannot print itself.
#[derive(Clone)]
pub(super) struct StoredCredential {
    pub(super) attributes: Attributes,
    pub(super) key: String,
    /// `None` where it was written by hand.
    pub(super) id: Option<String>,
    /// The username of its consumer.
    pub(super) consumer: String,
    pub(super) consumer_id: Option<String>,
}

impl StoredCredential {
    pub(super) fn read(attributes: Attributes) -> Result<Self, RegistryUnavailable> {
        let pk = text(&attributes, "pk")?;
        let optional = |name| attributes.get(name).map(|_| text(&attributes, name)).transpose();
        Ok(Self {
            key: pk.strip_prefix(CREDENTIAL_PREFIX).unwrap_or_default().to_owned(),
            id: optional("id")?,
            consumer: text(&attributes, "consumer")?,
            consumer_id: optional("consumer_id")?,
            attributes,
        })
    }

    pub(super) fn pk(&self) -> String {
        credential_key(&self.key)
    }

    pub(super) fn item(&self) -> Attributes {
        self.attributes.clone()
    }

    /// For whoever tells an administrator about it.
    pub(super) fn reader(&self) -> Item {
        self.attributes.clone().into()
    }

    pub(super) fn unreadable(&self, error: &UnreadableItem) -> RegistryUnavailable {
        unreadable(&self.attributes, error)
    }

    /// Nothing about it has changed since it was read. A revocation changes
    /// `not_before` alone, and does not count the revision on.
    pub(super) fn unchanged(&self) -> Condition {
        Condition::as_read(Some(&self.attributes), &["revision", "not_before", "consumer"])
    }

    /// Deletes it, whatever else it says by then.
    pub(super) fn delete(&self, transaction: &mut Transaction) -> Result<(), RegistryUnavailable> {
        let same_consumer = Condition::as_read(Some(&self.attributes), &["consumer"]);
        transaction.delete(&self.pk(), &same_consumer)?;
        match &self.id {
            Some(id) => transaction.delete(&Marker::CredentialId(id).pk(), &Condition::none()),
            None => Ok(()),
        }
    }

    /// Whether writing `wanted` in its place would change anything.
    pub(super) fn says_same_as(&self, wanted: &Self) -> bool {
        let (present, wanted) = (&self.attributes, &wanted.attributes);
        let names = REPLACED.iter().chain(&OWNER).chain(&["id"]);
        names.into_iter().all(|name| present.get(*name) == wanted.get(*name))
            && not_before(wanted) <= not_before(present)
    }

    /// Wipes the secrets that it has. The copies that come and go over the wire
    /// are out of reach.
    pub(super) fn wipe_secrets(&mut self) {
        if let Some(AttributeValue::L(secrets)) = self.attributes.get_mut("secrets") {
            secrets.iter_mut().for_each(wipe);
        }
    }

    pub(super) fn set(&mut self, name: &str, value: AttributeValue) {
        self.attributes.insert(name.to_owned(), value);
    }

    pub(super) fn set_key(&mut self, key: String) {
        self.key = key;
        self.set("pk", AttributeValue::S(self.pk()));
    }

    pub(super) fn set_custom_id(&mut self, custom_id: Option<&str>) {
        match custom_id {
            Some(custom_id) => self.set("custom_id", AttributeValue::S(custom_id.to_owned())),
            None => drop(self.attributes.remove("custom_id")),
        }
    }

    pub(super) fn raise_not_before(&mut self, wanted: Option<i64>) {
        if let Some(secs) = wanted.max(not_before(&self.attributes)) {
            self.set("not_before", time(Timestamp::from_unix_secs(secs)));
        }
    }
}

pub(super) fn not_before(attributes: &Attributes) -> Option<i64> {
    whole(attributes, "not_before")
}

pub(super) fn whole(attributes: &Attributes, name: &str) -> Option<i64> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}

/// Wipes the value of one secret.
pub(super) fn wipe(secret: &mut AttributeValue) {
    if let AttributeValue::M(attributes) = secret
        && let Some(AttributeValue::S(value)) = attributes.get_mut("value")
    {
        value.zeroize();
    }
}

impl Drop for StoredCredential {
    fn drop(&mut self) {
        self.wipe_secrets();
    }
}
