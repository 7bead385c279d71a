//! One consumer that is there already, in part or under another name, or is too
//! large for one transaction.

use std::collections::HashMap;

use token::Timestamp;

use super::{
    Consumers,
    consumer::PutBy,
    import::{ConsumerImport, Imported},
    import_entry::Entry,
    items::Written,
    marker::Marker,
    refusal::ConsumerError,
    transaction::{Condition, MAX_ACTIONS},
};
use crate::RegistryUnavailable;

/// Why an import stopped.
enum Stopped {
    Refused(Imported),
    Unavailable(RegistryUnavailable),
}

impl Consumers {
    pub(super) async fn import_single(
        &self,
        entry: &Entry,
        given: &ConsumerImport,
        now: Timestamp,
    ) -> Result<Imported, RegistryUnavailable> {
        match self.make_or_put(entry, given, now).await {
            Ok(imported) | Err(Stopped::Refused(imported)) => Ok(imported),
            Err(Stopped::Unavailable(unavailable)) => Err(unavailable),
        }
    }

    async fn make_or_put(
        &self,
        entry: &Entry,
        given: &ConsumerImport,
        now: Timestamp,
    ) -> Result<Imported, Stopped> {
        let found = self.consumer_with_id(&entry.owner.consumer.id).await.map_err(Stopped::Unavailable)?;
        match found {
            None if entry.len() <= MAX_ACTIONS => self.make(entry).await,
            None => {
                let made = self.create_consumer(entry.owner.consumer.clone()).await;
                made.map_err(|error| stopped(error, None))?;
                self.put_credentials(entry, given, now).await?;
                Ok(Imported::Created)
            }
            Some(stored) => {
                let was = stored.consumer.clone();
                let change = given.consumer.clone().into_change();
                let changed = self.change_consumer(stored, &change, now).await;
                let changed = changed.map_err(|error| stopped(error, None))?;
                let are_changed = self.put_credentials(entry, given, now).await?;
                let is_changed = are_changed || !changed.says_same_as(&was);
                Ok(if is_changed { Imported::Updated } else { Imported::Unchanged })
            }
        }
    }

    /// Makes a consumer and its credentials at once, or tells whose the first
    /// name is that it cannot have.
    async fn make(&self, entry: &Entry) -> Result<Imported, Stopped> {
        let mut free = HashMap::new();
        for (marker, credential) in entry.markers() {
            let condition = marker.free(&self.items).await.map_err(|error| stopped(error, credential))?;
            free.insert(marker.pk(), condition);
        }
        let condition =
            |marker: Marker<'_>| free.get(&marker.pk()).cloned().unwrap_or_else(Condition::absent);
        let mut transaction = self.items.transaction();
        entry.make(condition, &mut transaction).map_err(Stopped::Unavailable)?;
        match self.items.write(&transaction).await.map_err(Stopped::Unavailable)? {
            Written::Yes => Ok(Imported::Created),
            Written::Refused(failed) => {
                let conflict = failed.first().and_then(|index| entry.conflict(*index));
                let untold = || RegistryUnavailable("a transaction failed for no action of it".into());
                Err(conflict.map_or_else(|| Stopped::Unavailable(untold()), Stopped::Refused))
            }
        }
    }

    /// Puts the credentials of a consumer that is there, and tells whether that
    /// changed any.
    async fn put_credentials(
        &self,
        entry: &Entry,
        given: &ConsumerImport,
        now: Timestamp,
    ) -> Result<bool, Stopped> {
        let mut are_changed = false;
        for (position, new) in given.credentials.iter().enumerate() {
            let id = &entry.owner.consumer.id;
            let put = self.put_stored_credential(id, new, PutBy::Id, now).await;
            are_changed |= put.map_err(|error| stopped(error, Some(position)))?.1;
        }
        Ok(are_changed)
    }
}

fn stopped(error: ConsumerError, credential: Option<usize>) -> Stopped {
    match error {
        ConsumerError::Refused(refusal) => Stopped::Refused(Imported::Refused { refusal, credential }),
        ConsumerError::Unavailable(unavailable) => Stopped::Unavailable(unavailable),
    }
}
