//! Finding a consumer by one of its names, and all of them page by page.

use super::{
    Consumers,
    consumer::{Consumer, parse_id},
    consumer_item::{CONSUMER_PREFIX, StoredConsumer, consumer_key},
    in_time, listing,
    marker::{Marker, consumer_named},
    page::{Page, PageRequest},
    refusal::{ConsumerError, Missing},
};
use crate::RegistryUnavailable;

impl Consumers {
    /// Returns the consumer with this id, or else this username.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read.
    pub async fn read(&self, id_or_username: &str) -> Result<Consumer, ConsumerError> {
        in_time(Box::pin(async { Ok(self.consumer(id_or_username).await?.consumer) })).await
    }

    /// Returns the consumer with this `custom_id`.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read.
    pub async fn read_by_custom_id(&self, custom_id: &str) -> Result<Consumer, ConsumerError> {
        in_time(Box::pin(async {
            let found = consumer_named(Marker::CustomId(custom_id), &self.items).await?;
            Ok(found.ok_or(Missing::Consumer)?.consumer)
        }))
        .await
    }

    /// Returns a page of all consumers, in no order that means anything.
    ///
    /// It may lag behind by a moment.
    ///
    /// # Errors
    ///
    /// That the table could not be read.
    pub async fn list(&self, page: PageRequest) -> Result<Page<Consumer>, ConsumerError> {
        let read = |item| Ok(StoredConsumer::read(item)?.consumer);
        in_time(Box::pin(async { Ok(listing::list(&self.items, CONSUMER_PREFIX, page, read).await?) })).await
    }

    pub(super) async fn consumer(&self, id_or_username: &str) -> Result<StoredConsumer, ConsumerError> {
        Ok(self.find_consumer(id_or_username).await?.ok_or(Missing::Consumer)?)
    }

    /// An id goes first, so that no username can stand in the way of one.
    async fn find_consumer(
        &self,
        id_or_username: &str,
    ) -> Result<Option<StoredConsumer>, RegistryUnavailable> {
        if let Some(id) = parse_id(id_or_username)
            && let Some(found) = self.consumer_with_id(&id).await?
        {
            return Ok(Some(found));
        }
        consumer_named(Marker::Username(id_or_username), &self.items).await
    }

    pub(super) async fn consumer_with_id(
        &self,
        id: &str,
    ) -> Result<Option<StoredConsumer>, RegistryUnavailable> {
        self.items.read_one(consumer_key(id)).await?.map(StoredConsumer::read).transpose()
    }
}
