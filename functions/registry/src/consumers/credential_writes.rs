//! Making, changing and deleting credentials.
//!
//! The consumer's item names each credential that was made for it, and changes
//! in the same transaction; so neither a consumer that is renamed nor one that
//! is deleted can leave behind a credential that was made at the same time.

use token::{CredentialSecret, Timestamp};

use super::{
    Consumers, ROUNDS,
    consumer::PutBy,
    contended,
    credential::{CredentialChange, CredentialPath, CredentialView, NewCredential},
    credential_reads::view,
    in_time,
    marker::Marker,
    patience::pause_before,
    refusal::{ConsumerError, Fault, Refusal, Taken},
    stored_credential::StoredCredential,
    transaction::SetChange,
};

impl Consumers {
    /// Makes a credential for a consumer.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is no such consumer, `Conflict` where the id or
    /// the key is another's, `Invalid` for what no verifier could use, or that
    /// the table could not be read or written.
    pub async fn create_credential(
        &self,
        consumer: &str,
        new: &NewCredential,
        now: Timestamp,
    ) -> Result<CredentialView, ConsumerError> {
        in_time(Box::pin(async {
            for round in 0..ROUNDS {
                pause_before(round).await;
                let owner = self.consumer(consumer).await?;
                let made = StoredCredential::new(new, &owner.consumer, now)?;
                if self.make_credential(&owner, &made).await? {
                    return Ok(view(&made)?);
                }
            }
            Err(contended())
        }))
        .await
    }

    /// Changes a credential.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict` where the key is another's, `Invalid` for what no
    /// verifier could use, or that the table could not be read or written.
    pub async fn update_credential(
        &self,
        path: CredentialPath<'_>,
        change: &CredentialChange,
        now: Timestamp,
    ) -> Result<CredentialView, ConsumerError> {
        in_time(Box::pin(self.modify(path, |stored| stored.changed(change), now))).await
    }

    /// Gives a credential a new secret, and lets the others verify up to and
    /// including `old_until`, so that its consumer can change over meanwhile.
    /// Secrets that are over go.
    ///
    /// # Errors
    ///
    /// As of [`Self::update_credential`]; `Invalid` too where it would have more
    /// live secrets than a credential may have.
    pub async fn replace_secret(
        &self,
        path: CredentialPath<'_>,
        new: &CredentialSecret,
        old_until: Timestamp,
        now: Timestamp,
    ) -> Result<CredentialView, ConsumerError> {
        in_time(Box::pin(self.modify(path, |stored| stored.with_new_secret(new, old_until, now), now))).await
    }

    /// Puts a credential in the place of the consumer's one with its id or key,
    /// or makes it where there is none.
    ///
    /// # Errors
    ///
    /// As of [`Self::create_credential`]; `Conflict` too where what is there
    /// belongs to another consumer.
    pub async fn put_credential(
        &self,
        consumer: &str,
        new: &NewCredential,
        by: PutBy,
        now: Timestamp,
    ) -> Result<CredentialView, ConsumerError> {
        in_time(Box::pin(async { Ok(self.put_stored_credential(consumer, new, by, now).await?.0) })).await
    }

    /// Deletes a credential.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read or written.
    pub async fn delete_credential(&self, path: CredentialPath<'_>) -> Result<(), ConsumerError> {
        in_time(Box::pin(async {
            for round in 0..ROUNDS {
                pause_before(round).await;
                let stored = self.find_credential(path).await?;
                let mut transaction = self.items.transaction();
                stored.delete(&mut transaction)?;
                if let Some(owner) = self.owner_of(&stored).await? {
                    let (set, keys) = ("credential_keys", vec![stored.key.clone()]);
                    transaction.change_set(
                        &owner.key(),
                        SetChange::Remove,
                        set,
                        keys,
                        &owner.same_names(),
                    )?;
                }
                if self.is_written(&transaction).await? {
                    return Ok(());
                }
            }
            Err(contended())
        }))
        .await
    }

    /// Puts a credential, and tells whether that changed anything.
    pub(super) async fn put_stored_credential(
        &self,
        consumer: &str,
        new: &NewCredential,
        by: PutBy,
        now: Timestamp,
    ) -> Result<(CredentialView, bool), ConsumerError> {
        for round in 0..ROUNDS {
            pause_before(round).await;
            let owner = self.consumer(consumer).await?;
            let made = StoredCredential::new(new, &owner.consumer, now)?;
            let (found, taken) = match (by, &made.id) {
                (PutBy::Id, Some(id)) => {
                    (Marker::CredentialId(id).owner(&self.items).await?, Taken::CredentialId)
                }
                _ => (self.credential_item(&made.key).await?, Taken::CredentialKey),
            };
            let Some(found) = found else {
                match self.make_credential(&owner, &made).await {
                    Ok(true) => return Ok((view(&made)?, true)),
                    Ok(false) => continue,
                    // Another may have put the very same a moment ago.
                    Err(ConsumerError::Refused(Refusal::Conflict(_))) if round == 0 => continue,
                    Err(error) => return Err(error),
                }
            };
            let stored = StoredCredential::read(found)?;
            if stored.consumer != owner.consumer.username {
                return Err(taken.into());
            }
            let wanted = stored.replaced_by(&made)?;
            if stored.item() == wanted.item() {
                return Ok((view(&stored)?, false));
            }
            let wanted = wanted.written_at(now);
            if self.replace_credential(&stored, &wanted).await? {
                return Ok((view(&wanted)?, true));
            }
        }
        Err(contended())
    }

    /// Writes what `change` makes of a credential.
    async fn modify(
        &self,
        path: CredentialPath<'_>,
        change: impl Fn(&StoredCredential) -> Result<StoredCredential, Fault>,
        now: Timestamp,
    ) -> Result<CredentialView, ConsumerError> {
        for round in 0..ROUNDS {
            pause_before(round).await;
            let stored = self.find_credential(path).await?;
            let wanted = change(&stored)?;
            if stored.item() == wanted.item() {
                return Ok(view(&stored)?);
            }
            let wanted = wanted.written_at(now);
            if self.replace_credential(&stored, &wanted).await? {
                return Ok(view(&wanted)?);
            }
        }
        Err(contended())
    }
}
