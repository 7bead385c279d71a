//! What an owner may do in a minute, and use up in a day.

use token::Moment;

use super::{Period, Store, StoreUnavailable, counter::Counter};
use crate::conversation::Owner;

impl Store {
    /// Counts one request in this minute; `false` where `limit` were counted.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn count_request(
        &self,
        owner: &Owner,
        minute: Period,
        limit: u64,
        now: Moment,
    ) -> Result<bool, StoreUnavailable> {
        self.count(owner, Counter::Requests(minute), 1, limit, now).await
    }

    /// Sets `tokens` of the day's budget aside; `false` where less is left.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`]. The tokens may have been set aside then, and stay so
    /// until the day is over.
    pub(crate) async fn reserve(
        &self,
        owner: &Owner,
        day: Period,
        tokens: u64,
        limit: u64,
        now: Moment,
    ) -> Result<bool, StoreUnavailable> {
        self.count(owner, Counter::Tokens(day), tokens, limit, now).await
    }

    /// Replaces `reserved` tokens by what was used in the end.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn settle(
        &self,
        owner: &Owner,
        day: Period,
        reserved: u64,
        used: u64,
        now: Moment,
    ) -> Result<(), StoreUnavailable> {
        let counter = Counter::Tokens(day);
        match self {
            Self::Memory(memory) => {
                memory.settle(owner, counter, reserved, used, now.wall);
                Ok(())
            }
            Self::Table(table) => table.settle(owner, counter, reserved, used, now.wall).await,
        }
    }

    /// Tokens used or set aside that day.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn used(
        &self,
        owner: &Owner,
        day: Period,
        now: Moment,
    ) -> Result<u64, StoreUnavailable> {
        let counter = Counter::Tokens(day);
        match self {
            Self::Memory(memory) => Ok(memory.counted(owner, counter, now.wall)),
            Self::Table(table) => table.counted(owner, counter, now.wall).await,
        }
    }

    /// Adds `amount` where that stays within `limit`.
    async fn count(
        &self,
        owner: &Owner,
        counter: Counter,
        amount: u64,
        limit: u64,
        now: Moment,
    ) -> Result<bool, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.count(owner, counter, amount, limit, now.wall)),
            Self::Table(table) => table.count(owner, counter, amount, limit, now.wall).await,
        }
    }
}
