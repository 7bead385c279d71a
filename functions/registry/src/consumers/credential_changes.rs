//! What becomes of a credential: made, put in another's place, changed.
//!
//! Whatever comes out of here is read as a verifier would read it first, so that
//! nothing is written that no verifier can use.

use aws_sdk_dynamodb::types::AttributeValue;
use token::{CredentialError, CredentialSecret, MAX_SECRETS, Timestamp};

use super::{
    change::Change,
    consumer::{Consumer, check_tags, parse_id},
    consumer_item::{texts, time},
    credential::{CredentialChange, MAX_SECRET_BYTES, NewCredential},
    refusal::Fault,
    stored_credential::{OWNER, REPLACED, StoredCredential, not_before, whole, wipe},
};
use crate::{
    credential_item::{self, UnreadableCredential},
    item::UnreadableItem,
    table::Attributes,
};

impl StoredCredential {
    /// A credential that is in no table yet.
    pub(super) fn new(new: &NewCredential, owner: &Consumer, now: Timestamp) -> Result<Self, Fault> {
        let id = parse_id(&new.id).ok_or(Fault::Id)?;
        let mut made = Self {
            attributes: Attributes::new(),
            key: String::new(),
            id: Some(id.clone()),
            consumer: owner.username.clone(),
            consumer_id: Some(owner.id.clone()),
        };
        made.set("id", AttributeValue::S(id));
        made.set("consumer_id", AttributeValue::S(owner.id.clone()));
        made.set("consumer", AttributeValue::S(owner.username.clone()));
        made.set("revision", AttributeValue::N("1".into()));
        made.set("created_at", time(now));
        made.set("updated_at", time(now));
        made.set_custom_id(owner.custom_id.as_deref());
        made.set_key(new.key.clone());
        made.set("algorithm", AttributeValue::S(new.algorithm.name().into()));
        made.set("role", AttributeValue::S(new.role.to_string()));
        made.set("enabled", AttributeValue::Bool(new.enabled));
        made.set("max_lifetime_secs", AttributeValue::N(new.max_lifetime_secs.to_string()));
        made.set_tags(&new.tags)?;
        made.set_secrets(&new.secrets)?;
        if let Some(not_before) = new.not_before {
            made.set("not_before", time(not_before));
        }
        made.checked()
    }

    /// Returns it with `new` in its place: the same credential, saying what `new`
    /// says.
    pub(super) fn replaced_by(&self, new: &Self) -> Result<Self, Fault> {
        let mut changed = self.clone();
        changed.wipe_secrets();
        changed.set_key(new.key.clone());
        for name in REPLACED.into_iter().chain(OWNER) {
            match new.attributes.get(name) {
                Some(value) => changed.set(name, value.clone()),
                None => drop(changed.attributes.remove(name)),
            }
        }
        changed.consumer.clone_from(&new.consumer);
        changed.consumer_id.clone_from(&new.consumer_id);
        changed.raise_not_before(not_before(&new.attributes));
        changed.checked()
    }

    pub(super) fn changed(&self, change: &CredentialChange) -> Result<Self, Fault> {
        let mut changed = self.clone();
        if let Change::Set(key) = &change.key {
            changed.set_key(key.clone());
        }
        if let Change::Set(algorithm) = change.algorithm {
            changed.set("algorithm", AttributeValue::S(algorithm.name().into()));
        }
        if let Change::Set(secrets) = &change.secrets {
            changed.set_secrets(secrets)?;
        }
        if let Change::Set(role) = change.role {
            changed.set("role", AttributeValue::S(role.to_string()));
        }
        if let Change::Set(enabled) = change.enabled {
            changed.set("enabled", AttributeValue::Bool(enabled));
        }
        if let Change::Set(secs) = change.max_lifetime_secs {
            changed.set("max_lifetime_secs", AttributeValue::N(secs.to_string()));
        }
        if let Change::Set(tags) = &change.tags {
            changed.set_tags(tags)?;
        }
        if let Change::Set(not_before) = change.not_before {
            changed.raise_not_before(Some(not_before.as_unix_secs()));
        }
        changed.checked()
    }

    /// Returns it with `new` as its first secret and none of the others good
    /// after `old_until`. Those that are over at `now` go.
    pub(super) fn with_new_secret(
        &self,
        new: &CredentialSecret,
        old_until: Timestamp,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let mut changed = self.clone();
        let Some(AttributeValue::L(secrets)) = changed.attributes.get_mut("secrets") else {
            return Err(Fault::OutOfRange("secrets"));
        };
        secrets.retain_mut(|secret| {
            let not_after = end_by(secret, old_until);
            if not_after < now {
                wipe(secret);
            }
            now <= not_after
        });
        let live = secrets.len() + 1;
        if live > MAX_SECRETS {
            return Err(Fault::TooManyLiveSecrets { live, most: MAX_SECRETS });
        }
        secrets.insert(0, secret_value(1, new)?);
        changed.checked()
    }

    /// Returns it with other names of its consumer.
    pub(super) fn renamed(&self, owner: &Consumer) -> Self {
        let mut changed = self.clone();
        changed.consumer.clone_from(&owner.username);
        changed.set("consumer", AttributeValue::S(owner.username.clone()));
        changed.set_custom_id(owner.custom_id.as_deref());
        changed
    }

    /// Returns it as the write after the one that was read.
    pub(super) fn written_at(mut self, now: Timestamp) -> Self {
        let revision = whole(&self.attributes, "revision").unwrap_or(0).saturating_add(1);
        self.set("revision", AttributeValue::N(revision.to_string()));
        self.set("updated_at", time(now));
        self
    }

    fn set_tags(&mut self, tags: &[String]) -> Result<(), Fault> {
        check_tags(tags)?;
        self.set("tags", texts(tags));
        Ok(())
    }

    fn set_secrets(&mut self, secrets: &[CredentialSecret]) -> Result<(), Fault> {
        if secrets.len() > MAX_SECRETS {
            return Err(CredentialError::SecretCount(secrets.len()).into());
        }
        let values = (1..).zip(secrets).map(|(number, secret)| secret_value(number, secret));
        let values = values.collect::<Result<_, _>>()?;
        self.wipe_secrets();
        self.set("secrets", AttributeValue::L(values));
        Ok(())
    }

    /// Returns it if a verifier can use it.
    fn checked(self) -> Result<Self, Fault> {
        match credential_item::read(&self.key, self.reader()) {
            Ok(_) => Ok(self),
            Err(UnreadableCredential::Credential(error)) => Err(error.into()),
            Err(UnreadableCredential::Item(UnreadableItem(name))) => Err(Fault::OutOfRange(name)),
        }
    }
}

/// Lets a secret be good up to `until` at the longest, and returns its last
/// second.
fn end_by(secret: &mut AttributeValue, until: Timestamp) -> Timestamp {
    let AttributeValue::M(attributes) = secret else { return until };
    let not_after = whole(attributes, "not_after").map_or(until, Timestamp::from_unix_secs).min(until);
    attributes.insert("not_after".into(), time(not_after));
    not_after
}

fn secret_value(number: usize, secret: &CredentialSecret) -> Result<AttributeValue, Fault> {
    if secret.value.len() > MAX_SECRET_BYTES {
        return Err(Fault::LongSecret(number));
    }
    let mut attributes = Attributes::new();
    attributes.insert("value".into(), AttributeValue::S(secret.value.to_string()));
    attributes.insert("base64".into(), AttributeValue::Bool(secret.is_base64));
    if let Some(not_after) = secret.not_after {
        attributes.insert("not_after".into(), time(not_after));
    }
    Ok(AttributeValue::M(attributes))
}
