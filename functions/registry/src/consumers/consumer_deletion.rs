//! Ending a consumer: all that verifiers know of it goes first.
//!
//! The consumer goes in one transaction with its last credentials, so whatever
//! stops a deletion in between leaves a consumer that can be deleted again.

use super::{
    Consumers, ROUNDS,
    consumer_item::StoredConsumer,
    contended, in_time,
    items::Written,
    marker::Marker,
    patience::pause_before,
    refusal::ConsumerError,
    stored_credential::StoredCredential,
    transaction::{Condition, MAX_ACTIONS, SetChange, Transaction},
};
use crate::RegistryUnavailable;

/// The most credentials of one transaction: two items each, beside the consumer
/// and its two names.
const AT_ONCE: usize = (MAX_ACTIONS - 3) / 2;

impl Consumers {
    /// Deletes a consumer and all its credentials.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read or written; some of the
    /// credentials may be gone then, and the consumer is not.
    pub async fn delete(&self, id_or_username: &str) -> Result<(), ConsumerError> {
        in_time(Box::pin(async {
            let stored = self.consumer(id_or_username).await?;
            self.delete_consumer(stored).await
        }))
        .await
    }

    async fn delete_consumer(&self, mut stored: StoredConsumer) -> Result<(), ConsumerError> {
        let mut round = 0;
        while round < ROUNDS {
            pause_before(round).await;
            let credentials = self.credentials_of(&stored).await?;
            let (now, later) = credentials.split_at(credentials.len().min(AT_ONCE));
            let transaction = self.deletion(&stored, now, later.is_empty())?;
            match self.items.write(&transaction).await? {
                Written::Yes if later.is_empty() => return Ok(()),
                Written::Yes => round = 0,
                Written::Refused(_) => round += 1,
            }
            match self.consumer_with_id(&stored.consumer.id).await? {
                Some(again) => stored = again,
                // Another deletion was faster.
                None => return Ok(()),
            }
        }
        Err(contended())
    }

    fn deletion(
        &self,
        stored: &StoredConsumer,
        credentials: &[StoredCredential],
        is_last: bool,
    ) -> Result<Transaction, RegistryUnavailable> {
        let mut transaction = self.items.transaction();
        for credential in credentials {
            credential.delete(&mut transaction)?;
        }
        if is_last {
            let consumer = &stored.consumer;
            // A credential that is made meanwhile counts the revision on.
            transaction.delete(&stored.key(), &stored.unchanged())?;
            transaction.delete(&Marker::Username(&consumer.username).pk(), &Condition::none())?;
            if let Some(custom_id) = &consumer.custom_id {
                transaction.delete(&Marker::CustomId(custom_id).pk(), &Condition::none())?;
            }
        } else {
            let keys = credentials.iter().map(|credential| credential.key.clone()).collect();
            let names = stored.same_names();
            transaction.change_set(&stored.key(), SetChange::Remove, "credential_keys", keys, &names)?;
        }
        Ok(transaction)
    }
}
