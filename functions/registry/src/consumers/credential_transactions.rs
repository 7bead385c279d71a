//! What is written at once when a credential is made or changed.

use super::{
    Consumers,
    consumer_item::{MAX_CREDENTIALS, StoredConsumer},
    items::Written,
    marker::Marker,
    refusal::{ConsumerError, Fault, Taken},
    stored_credential::StoredCredential,
    transaction::{Cause, Condition, SetChange, Transaction},
};

impl Consumers {
    /// Makes a credential; `false` where others wrote meanwhile.
    pub(super) async fn make_credential(
        &self,
        owner: &StoredConsumer,
        made: &StoredCredential,
    ) -> Result<bool, ConsumerError> {
        if owner.credential_keys.len() >= MAX_CREDENTIALS {
            return Err(Fault::TooManyCredentials { most: MAX_CREDENTIALS }.into());
        }
        let mut transaction = self.items.transaction();
        let (set, keys) = ("credential_keys", vec![made.key.clone()]);
        transaction.change_set(&owner.key(), SetChange::Add, set, keys, &owner.same_names())?;
        transaction.put(made.item(), &Condition::absent(), Cause::Taken(Taken::CredentialKey))?;
        if let Some(id) = &made.id {
            let marker = Marker::CredentialId(id);
            marker.claim(&made.key, &marker.free(&self.items).await?, &mut transaction)?;
        }
        self.is_written(&transaction).await
    }

    /// Writes a credential in the place of the one that was read; `false` where
    /// others wrote meanwhile.
    pub(super) async fn replace_credential(
        &self,
        stored: &StoredCredential,
        wanted: &StoredCredential,
    ) -> Result<bool, ConsumerError> {
        let mut transaction = self.items.transaction();
        if stored.key == wanted.key {
            transaction.put(wanted.item(), &stored.unchanged(), Cause::Changed)?;
            return self.is_written(&transaction).await;
        }
        transaction.delete(&stored.pk(), &stored.unchanged())?;
        transaction.put(wanted.item(), &Condition::absent(), Cause::Taken(Taken::CredentialKey))?;
        if let Some(id) = &wanted.id {
            Marker::CredentialId(id).claim(&wanted.key, &Condition::none(), &mut transaction)?;
        }
        if let Some(mut owner) = self.owner_of(stored).await? {
            let unchanged = owner.unchanged();
            owner.credential_keys.remove(&stored.key);
            owner.credential_keys.insert(wanted.key.clone());
            transaction.put(owner.next_item(), &unchanged, Cause::Changed)?;
        }
        self.is_written(&transaction).await
    }

    /// Returns the consumer that a credential was made for. One that was written
    /// by hand was made for none.
    pub(super) async fn owner_of(
        &self,
        stored: &StoredCredential,
    ) -> Result<Option<StoredConsumer>, ConsumerError> {
        match &stored.consumer_id {
            Some(id) => Ok(self.consumer_with_id(id).await?),
            None => Ok(None),
        }
    }

    /// Writes `transaction`; `false` where others wrote meanwhile.
    pub(super) async fn is_written(&self, transaction: &Transaction) -> Result<bool, ConsumerError> {
        match self.items.write(transaction).await? {
            Written::Yes => Ok(true),
            Written::Refused(failed) => match transaction.cause(&failed) {
                Cause::Taken(taken) => Err(taken.into()),
                Cause::Changed => Ok(false),
            },
        }
    }
}
