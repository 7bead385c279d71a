//! Making and changing consumers.
//!
//! A credential carries the names of its consumer, because that is all that
//! verifiers read. So a consumer that gets other names is written together with
//! all its credentials, or not at all.

use std::collections::BTreeSet;

use token::Timestamp;

use super::{
    Consumers, ROUNDS,
    consumer::{Consumer, ConsumerChange, NewConsumer, PutBy},
    consumer_item::StoredConsumer,
    contended, in_time,
    marker::{Marker, consumer_named},
    patience::pause_before,
    refusal::{ConsumerError, Fault, Missing, Refusal, Taken},
    subject,
    transaction::{Cause, Condition, MAX_ACTIONS, Transaction},
};

/// The most credentials that are renamed at once, beside the consumer, the
/// markers of two names old and new, and what revokes it.
const MAX_RENAMED: usize = MAX_ACTIONS - 5 - subject::MAX_ACTIONS;

impl Consumers {
    /// Makes a consumer.
    ///
    /// # Errors
    ///
    /// `Conflict` where the id or a name is another's, `Invalid` for what no
    /// consumer can be, or that the table could not be read or written.
    pub async fn create(&self, new: NewConsumer, now: Timestamp) -> Result<Consumer, ConsumerError> {
        in_time(Box::pin(self.create_consumer(Consumer::new(new, now)?))).await
    }

    /// Changes a consumer, and its names in all its credentials.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict` where a name is another's, `Invalid` for what no
    /// consumer can be and for one with more credentials than can be renamed at
    /// once, or that the table could not be read or written.
    pub async fn update(
        &self,
        id_or_username: &str,
        change: ConsumerChange,
        now: Timestamp,
    ) -> Result<Consumer, ConsumerError> {
        in_time(Box::pin(async {
            let stored = self.consumer(id_or_username).await?;
            self.change_consumer(stored, &change, now).await
        }))
        .await
    }

    /// Puts a consumer in the place of the one with its id or username, or makes
    /// it where there is none.
    ///
    /// # Errors
    ///
    /// As of [`Self::create`] and [`Self::update`].
    pub async fn put(&self, new: NewConsumer, by: PutBy, now: Timestamp) -> Result<Consumer, ConsumerError> {
        let made = Consumer::new(new.clone(), now)?;
        in_time(Box::pin(async {
            for round in 0..ROUNDS {
                pause_before(round).await;
                let found = match by {
                    PutBy::Id => self.consumer_with_id(&made.id).await?,
                    PutBy::Name => consumer_named(Marker::Username(&made.username), &self.items).await?,
                };
                if let Some(stored) = found {
                    return self.change_consumer(stored, &new.into_change(), now).await;
                }
                match self.create_consumer(made.clone()).await {
                    // Another may have put the very same a moment ago.
                    Err(ConsumerError::Refused(Refusal::Conflict(_))) if round == 0 => {}
                    result => return result,
                }
            }
            Err(contended())
        }))
        .await
    }

    pub(super) async fn create_consumer(&self, made: Consumer) -> Result<Consumer, ConsumerError> {
        let stored = StoredConsumer::new(made, BTreeSet::new());
        for round in 0..ROUNDS {
            pause_before(round).await;
            let mut transaction = self.items.transaction();
            transaction.put(stored.next_item(), &Condition::absent(), Cause::Taken(Taken::ConsumerId))?;
            self.claim_names(&stored.consumer, None, &mut transaction).await?;
            if self.is_written(&transaction).await? {
                return Ok(stored.consumer);
            }
        }
        Err(contended())
    }

    /// Changes a consumer that was read, and others may have changed since.
    pub(super) async fn change_consumer(
        &self,
        mut stored: StoredConsumer,
        change: &ConsumerChange,
        now: Timestamp,
    ) -> Result<Consumer, ConsumerError> {
        for round in 0..ROUNDS {
            pause_before(round).await;
            let wanted = stored.consumer.clone().changed(change.clone(), now)?;
            if wanted.says_same_as(&stored.consumer) {
                return Ok(stored.consumer);
            }
            let transaction = self.change(&stored, &wanted, now).await?;
            if self.is_written(&transaction).await? {
                return Ok(wanted);
            }
            stored = self.consumer_with_id(&wanted.id).await?.ok_or(Missing::Consumer)?;
        }
        Err(contended())
    }

    async fn change(
        &self,
        stored: &StoredConsumer,
        wanted: &Consumer,
        now: Timestamp,
    ) -> Result<Transaction, ConsumerError> {
        let present = &stored.consumer;
        let mut transaction = self.items.transaction();
        let next = stored.becoming(wanted.clone());
        transaction.put(next.next_item(), &stored.unchanged(), Cause::Changed)?;
        self.claim_names(wanted, Some(present), &mut transaction).await?;
        if present.username != wanted.username {
            let (old, new) = (&present.username, &wanted.username);
            subject::carry_over(old, new, now, &self.items, &mut transaction).await?;
        }
        if present.username != wanted.username || present.custom_id != wanted.custom_id {
            let credentials = self.credentials_of(stored).await?;
            let have = credentials.len();
            if have > MAX_RENAMED {
                return Err(Fault::TooManyToRename { have, most: MAX_RENAMED }.into());
            }
            for credential in credentials {
                let renamed = credential.renamed(wanted).written_at(now);
                transaction.put(renamed.item(), &credential.unchanged(), Cause::Changed)?;
            }
        }
        Ok(transaction)
    }

    /// Gives a consumer the names that it has not got yet, and takes those away
    /// that it will not have.
    pub(super) async fn claim_names(
        &self,
        wanted: &Consumer,
        present: Option<&Consumer>,
        transaction: &mut Transaction,
    ) -> Result<(), ConsumerError> {
        let old_custom_id = present.and_then(|consumer| consumer.custom_id.as_deref());
        let pairs = [
            (
                present.map(|consumer| Marker::Username(&consumer.username)),
                Some(Marker::Username(&wanted.username)),
            ),
            (old_custom_id.map(Marker::CustomId), wanted.custom_id.as_deref().map(Marker::CustomId)),
        ];
        for (old, new) in pairs {
            if old.map(Marker::pk) == new.map(Marker::pk) {
                continue;
            }
            if let Some(old) = old {
                transaction.delete(&old.pk(), &Condition::none())?;
            }
            if let Some(new) = new {
                let free = new.free(&self.items).await?;
                new.claim(&wanted.id, &free, transaction)?;
            }
        }
        Ok(())
    }
}
