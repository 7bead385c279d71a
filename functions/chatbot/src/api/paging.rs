//! Which part of a list is asked for.

use serde::Deserialize;

use crate::{conversation::Id, refusal::Refusal, store::Range};

const MAX_LIMIT: u32 = 100;

/// `?limit=&cursor=`.
#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Paging {
    pub(super) fn range(&self, default_limit: u32) -> Result<Range, Refusal> {
        let limit = self.limit.unwrap_or(default_limit);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Refusal::InvalidRequest("the limit is a number from 1 to 100"));
        }
        let before = self
            .cursor
            .as_deref()
            .map(|cursor| Id::parse(cursor).ok_or(Refusal::InvalidRequest("the cursor is not one of ours")));
        Ok(Range { limit, before: before.transpose()? })
    }
}
