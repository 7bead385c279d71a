//! Finding credentials, and telling about them without their secrets.

use std::collections::BTreeSet;

use token::{Algorithm, DEFAULT_CONSUMER_LIFETIME_SECS, Role};

use super::{
    Consumers,
    consumer::{is_name, parse_id},
    consumer_item::StoredConsumer,
    credential::{CredentialPath, CredentialView, SecretState},
    in_time, listing,
    marker::Marker,
    page::{Offset, Page, PageRequest},
    refusal::{ConsumerError, Missing},
    stored_credential::{CREDENTIAL_PREFIX, StoredCredential},
};
use crate::{
    RegistryUnavailable, credential_item, item::UnreadableItem, revocation::credential_key, table::Attributes,
};

impl Consumers {
    /// Returns a credential by its id, or else by its key.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read.
    pub async fn credential(&self, path: CredentialPath<'_>) -> Result<CredentialView, ConsumerError> {
        in_time(Box::pin(async { Ok(view(&self.find_credential(path).await?)?) })).await
    }

    /// Returns a page of all credentials, in no order that means anything.
    ///
    /// It may lag behind by a moment.
    ///
    /// # Errors
    ///
    /// That the table could not be read.
    pub async fn credentials(&self, page: PageRequest) -> Result<Page<CredentialView>, ConsumerError> {
        let read = |item| view(&StoredCredential::read(item)?);
        in_time(Box::pin(async { Ok(listing::list(&self.items, CREDENTIAL_PREFIX, page, read).await?) }))
            .await
    }

    /// Returns a page of one consumer's credentials, by key.
    ///
    /// What was made for it is there at once; what was written by hand may lag
    /// behind by a moment.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read.
    pub async fn credentials_of_consumer(
        &self,
        id_or_username: &str,
        page: PageRequest,
    ) -> Result<Page<CredentialView>, ConsumerError> {
        in_time(Box::pin(async {
            let owner = self.consumer(id_or_username).await?;
            let after = page.after.map(|after| after.pk).unwrap_or_default();
            let mut keys = self.keys_of(&owner).await?.into_iter().filter(|key| *key > after);
            let keys_of_page: Vec<_> = keys.by_ref().take(page.size.get()).collect();
            let next = match (keys.next(), keys_of_page.last()) {
                (Some(_), Some(last)) => {
                    Some(Offset { pk: last.clone(), consumer: owner.consumer.username.clone() })
                }
                _ => None,
            };
            let entries = self.credentials_under(&owner, &keys_of_page).await?;
            Ok(Page { entries: entries.iter().map(view).collect::<Result<_, _>>()?, next })
        }))
        .await
    }

    pub(super) async fn find_credential(
        &self,
        path: CredentialPath<'_>,
    ) -> Result<StoredCredential, ConsumerError> {
        let owner = match path.consumer {
            Some(consumer) => Some(self.consumer(consumer).await?),
            None => None,
        };
        let found = match parse_id(path.id_or_key) {
            Some(id) => Marker::CredentialId(&id).owner(&self.items).await?,
            None => None,
        };
        let found = match found {
            Some(found) => Some(found),
            None => self.credential_item(path.id_or_key).await?,
        };
        let found = StoredCredential::read(found.ok_or(Missing::Credential)?)?;
        match owner {
            Some(owner) if owner.consumer.username != found.consumer => Err(Missing::Credential.into()),
            _ => Ok(found),
        }
    }

    /// Returns the item of the credential with this key.
    pub(super) async fn credential_item(&self, key: &str) -> Result<Option<Attributes>, RegistryUnavailable> {
        if is_name(key) { self.items.read_one(credential_key(key)).await } else { Ok(None) }
    }

    /// Returns all credentials of a consumer, by key.
    pub(super) async fn credentials_of(
        &self,
        owner: &StoredConsumer,
    ) -> Result<Vec<StoredCredential>, RegistryUnavailable> {
        let keys: Vec<_> = self.keys_of(owner).await?.into_iter().collect();
        self.credentials_under(owner, &keys).await
    }

    /// The keys of the items of a consumer's credentials: those that were made
    /// for it, and those that somebody wrote by hand.
    async fn keys_of(&self, owner: &StoredConsumer) -> Result<BTreeSet<String>, RegistryUnavailable> {
        let made = owner.credential_keys.iter().map(|key| credential_key(key));
        let indexed = self.items.keys_of_consumer(&owner.consumer.username).await?;
        let indexed = indexed.into_iter().filter(|key| key.starts_with(CREDENTIAL_PREFIX));
        Ok(made.chain(indexed).collect())
    }

    async fn credentials_under(
        &self,
        owner: &StoredConsumer,
        keys: &[String],
    ) -> Result<Vec<StoredCredential>, RegistryUnavailable> {
        let mut items = self.items.read(keys).await?;
        let found = keys.iter().filter_map(|key| items.remove(key)).map(StoredCredential::read);
        let found = found.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(found.filter(|credential| credential.consumer == owner.consumer.username).collect())
    }
}

pub(super) fn view(stored: &StoredCredential) -> Result<CredentialView, RegistryUnavailable> {
    read_view(stored).map_err(|error| stored.unreadable(&error))
}

/// Reads it as a verifier does, but for whether its secrets are any good: one
/// that no verifier can use must be seen to be mended.
fn read_view(stored: &StoredCredential) -> Result<CredentialView, UnreadableItem> {
    let mut item = stored.reader();
    let algorithm = item.take_text("algorithm")?.map(|name| Algorithm::from_name(&name));
    let role = item.take_text("role")?.and_then(|name| Role::from_name(&name));
    let max_lifetime_secs = item.number("max_lifetime_secs")?.map(u64::try_from);
    let last = item.time("ttl")?.map(|ttl| ttl.minus(1));
    let secrets = item.take_maps("secrets")?.into_iter().map(|secret| {
        let secret = credential_item::read_secret(secret, last)?;
        Ok(SecretState { is_base64: secret.is_base64, not_after: secret.not_after })
    });
    Ok(CredentialView {
        id: stored.id.clone().unwrap_or_else(|| stored.key.clone()),
        key: stored.key.clone(),
        consumer_id: stored.consumer_id.clone(),
        consumer: stored.consumer.clone(),
        custom_id: item.take_text("custom_id")?,
        algorithm: algorithm.unwrap_or(Some(Algorithm::HS256)).ok_or(UnreadableItem("algorithm"))?,
        role: role.ok_or(UnreadableItem("role"))?,
        enabled: item.flag("enabled")?.unwrap_or(true),
        max_lifetime_secs: max_lifetime_secs
            .unwrap_or(Ok(DEFAULT_CONSUMER_LIFETIME_SECS))
            .map_err(|_| UnreadableItem("max_lifetime_secs"))?,
        not_before: item.time("not_before")?,
        tags: item.take_texts("tags")?,
        created_at: item.time("created_at")?,
        updated_at: item.time("updated_at")?,
        secrets: secrets.collect::<Result<_, _>>()?,
    })
}
