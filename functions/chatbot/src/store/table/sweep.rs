//! Deleting all that is in a section, as far as a bounded amount of work goes.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{DeleteRequest, WriteRequest},
};

use super::{
    Attributes, Table,
    call::{NoAnswer, failed, unbuildable},
    key::Section,
    patience::Attempts,
};
use crate::conversation::MAX_MESSAGES;

/// The most deletions of one request.
const MAX_BATCH: usize = 25;

/// The most requests for keys: each brings a megabyte of messages, or the last
/// of them.
const MAX_ROUNDS: u32 = MAX_MESSAGES / 4;

/// How much is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    All,
    Some,
}

impl Table {
    pub(super) async fn sweep(&self, section: &Section) -> Result<Swept, NoAnswer> {
        let mut start = None;
        for _ in 0..MAX_ROUNDS {
            let (keys, next) = self.keys(section, start).await?;
            for keys in keys.chunks(MAX_BATCH) {
                self.delete_batch(keys).await?;
            }
            start = next;
            if start.is_none() {
                return Ok(Swept::All);
            }
        }
        Ok(Swept::Some)
    }

    /// Deletes the items under `keys`, which are at most [`MAX_BATCH`].
    async fn delete_batch(&self, keys: &[Attributes]) -> Result<(), NoAnswer> {
        let deletions = keys.iter().map(|key| {
            let deletion = DeleteRequest::builder().set_key(Some(key.clone())).build();
            Ok(WriteRequest::builder().delete_request(deletion.map_err(|error| unbuildable(&error))?).build())
        });
        let mut left = HashMap::from([(self.name.clone(), deletions.collect::<Result<Vec<_>, _>>()?)]);
        let mut attempts = Attempts::default();
        loop {
            let request =
                |client: &Client| client.batch_write_item().set_request_items(Some(left.clone())).send();
            left = self.call("BatchWriteItem", request).await?.unprocessed_items.unwrap_or_default();
            if left.values().all(Vec::is_empty) {
                return Ok(());
            }
            if !attempts.go_on().await {
                failed("BatchWriteItem", "unprocessed each time");
                return Err(NoAnswer::Throttled);
            }
        }
    }
}
