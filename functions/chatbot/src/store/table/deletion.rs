//! Deleting a conversation.
//!
//! It is marked first, which ends it for everybody; then its messages go, and
//! itself last, so that whatever was stopped in between can be asked for again.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use token::Timestamp;
use tokio::time::timeout;

use super::{
    IS_THERE, Table,
    attributes::time,
    call::{NoAnswer, by_code},
    key::{Key, Section},
    sweep::Swept,
};
use crate::{
    conversation::{Id, Owner},
    store::{Deleted, StoreUnavailable},
};

/// Somebody waits for the answer.
const LONGEST_SWEEP: Duration = Duration::from_secs(10);

impl Table {
    pub(in crate::store) async fn delete(
        &self,
        owner: &Owner,
        id: Id,
        now: Timestamp,
    ) -> Result<Deleted, StoreUnavailable> {
        let key = Key::conversation(owner, id);
        if !self.mark(&key, now).await? {
            return Ok(Deleted::NoConversation);
        }
        let section = Section::messages(owner, id);
        match timeout(LONGEST_SWEEP, self.sweep(&section)).await {
            Ok(Ok(Swept::All)) => {}
            Ok(Ok(Swept::Some) | Err(NoAnswer::Throttled)) | Err(_) => return Ok(Deleted::NotAllYet),
            Ok(Err(NoAnswer::Failed)) => return Err(StoreUnavailable),
        }
        self.remove(&key).await?;
        Ok(Deleted::Yes)
    }

    /// Marks a conversation, marked or not, as deleted; `false` where there is none.
    async fn mark(&self, key: &Key, now: Timestamp) -> Result<bool, NoAnswer> {
        let request = |client: &Client| {
            let request = client.update_item().table_name(&self.name).set_key(Some(key.attributes()));
            request
                .update_expression("SET deleting = :now")
                .condition_expression(IS_THERE)
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", time(now))
                .send()
        };
        Ok(self.ask("UpdateItem", by_code, request).await?.is_ok())
    }

    /// Removes a conversation that is marked.
    async fn remove(&self, key: &Key) -> Result<(), NoAnswer> {
        let request = |client: &Client| {
            let request = client.delete_item().table_name(&self.name).set_key(Some(key.attributes()));
            request.condition_expression("attribute_exists(deleting)").send()
        };
        // Where it is gone, somebody else has removed it.
        let _removed = self.ask("DeleteItem", by_code, request).await?;
        Ok(())
    }
}
