//! One consumer with its credentials, checked and ready to be written.

use std::collections::{HashMap, HashSet};

use token::Timestamp;

use super::{
    consumer::Consumer,
    consumer_item::{MAX_CREDENTIALS, StoredConsumer},
    import::{ConsumerImport, Imported},
    marker::Marker,
    refusal::{Fault, Refusal, Taken},
    stored_credential::StoredCredential,
    transaction::{Cause, Condition, Transaction},
};
use crate::{RegistryUnavailable, table::Attributes};

/// A consumer to import, as it would be stored.
pub(super) struct Entry {
    pub(super) owner: StoredConsumer,
    pub(super) credentials: Vec<StoredCredential>,
}

/// A key that an entry needs for itself.
struct Claim {
    pk: String,
    taken: Taken,
    /// The position of the credential that needs it; `None`: the consumer does.
    credential: Option<usize>,
}

impl Entry {
    pub(super) fn new(import: &ConsumerImport, now: Timestamp) -> Result<Self, Imported> {
        let refused = |credential, refusal: Refusal| Imported::Refused { refusal, credential };
        let consumer = Consumer::new(import.consumer.clone(), now);
        let consumer = consumer.map_err(|fault| refused(None, fault.into()))?;
        if import.credentials.len() > MAX_CREDENTIALS {
            return Err(refused(None, Fault::TooManyCredentials { most: MAX_CREDENTIALS }.into()));
        }
        let credentials = import.credentials.iter().enumerate().map(|(position, new)| {
            StoredCredential::new(new, &consumer, now).map_err(|fault| refused(Some(position), fault.into()))
        });
        let credentials = credentials.collect::<Result<Vec<_>, _>>()?;
        let keys = credentials.iter().map(|credential| credential.key.clone()).collect();
        Ok(Self { owner: StoredConsumer::new(consumer, keys), credentials })
    }

    /// How many items it is, and so how many actions it takes to make it.
    pub(super) fn len(&self) -> usize {
        self.before_credentials() + 2 * self.credentials.len()
    }

    fn before_credentials(&self) -> usize {
        2 + usize::from(self.owner.consumer.custom_id.is_some())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        self.claims().map(|claim| claim.pk)
    }

    /// The names that it needs, each with the position of the credential that
    /// needs it.
    pub(super) fn markers(&self) -> impl Iterator<Item = (Marker<'_>, Option<usize>)> {
        let consumer = &self.owner.consumer;
        let custom_id = consumer.custom_id.as_deref().map(|custom_id| (Marker::CustomId(custom_id), None));
        let ids = self.credentials.iter().enumerate();
        let ids = ids
            .filter_map(|(position, made)| Some((Marker::CredentialId(made.id.as_deref()?), Some(position))));
        std::iter::once((Marker::Username(&consumer.username), None)).chain(custom_id).chain(ids)
    }

    /// Takes its keys out of those that nobody has claimed yet.
    pub(super) fn claim(&self, claimed: &mut HashSet<String>) -> Result<(), Imported> {
        for Claim { pk, taken, credential } in self.claims() {
            if !claimed.insert(pk) {
                return Err(Imported::Refused { refusal: Refusal::Conflict(taken), credential });
            }
        }
        Ok(())
    }

    /// In the order of the actions of [`Self::make`].
    fn claims(&self) -> impl Iterator<Item = Claim> {
        let consumer = |pk, taken| Claim { pk, taken, credential: None };
        let Consumer { username, custom_id, .. } = &self.owner.consumer;
        let custom_id = custom_id.as_deref().map(Marker::CustomId);
        let of_consumer = [
            Some(consumer(self.owner.key(), Taken::ConsumerId)),
            Some(consumer(Marker::Username(username).pk(), Taken::Username)),
            custom_id.map(|marker| consumer(marker.pk(), Taken::CustomId)),
        ];
        let of_credentials = self.credentials.iter().enumerate().flat_map(|(position, made)| {
            let credential = move |pk, taken| Claim { pk, taken, credential: Some(position) };
            let id = made.id.as_deref().map(Marker::CredentialId);
            [
                Some(credential(made.pk(), Taken::CredentialKey)),
                id.map(|marker| credential(marker.pk(), Taken::CredentialId)),
            ]
        });
        of_consumer.into_iter().chain(of_credentials).flatten()
    }

    /// What it means that the action at `index` of [`Self::make`] did not hold.
    pub(super) fn conflict(&self, index: usize) -> Option<Imported> {
        let Claim { taken, credential, .. } = self.claims().nth(index)?;
        Some(Imported::Refused { refusal: Refusal::Conflict(taken), credential })
    }

    /// Whether all of it is stored, and stored like this.
    pub(super) fn is_stored(&self, items: &HashMap<String, Attributes>) -> Result<bool, RegistryUnavailable> {
        let Some(stored) = items.get(&self.owner.key()) else { return Ok(false) };
        let stored = StoredConsumer::read(stored.clone())?;
        if !stored.consumer.says_same_as(&self.owner.consumer) {
            return Ok(false);
        }
        for made in &self.credentials {
            let Some(stored) = items.get(&made.pk()) else { return Ok(false) };
            if !StoredCredential::read(stored.clone())?.says_same_as(made) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes the consumer and its credentials, under the conditions for the
    /// markers of their names.
    pub(super) fn make(
        &self,
        free: impl Fn(Marker<'_>) -> Condition,
        transaction: &mut Transaction,
    ) -> Result<(), RegistryUnavailable> {
        let consumer = &self.owner.consumer;
        transaction.put(self.owner.next_item(), &Condition::absent(), Cause::Taken(Taken::ConsumerId))?;
        let custom_id = consumer.custom_id.as_deref().map(Marker::CustomId);
        for marker in std::iter::once(Marker::Username(&consumer.username)).chain(custom_id) {
            marker.claim(&consumer.id, &free(marker), transaction)?;
        }
        for made in &self.credentials {
            transaction.put(made.item(), &Condition::absent(), Cause::Taken(Taken::CredentialKey))?;
            if let Some(marker) = made.id.as_deref().map(Marker::CredentialId) {
                marker.claim(&made.key, &free(marker), transaction)?;
            }
        }
        Ok(())
    }
}
