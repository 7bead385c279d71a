//! Requests and tokens, counted in the table.
//!
//! A counter's expiry follows from its key. So one that has expired is known
//! without asking, and no condition need tell it from one that has not.

use aws_sdk_dynamodb::{
    Client,
    types::{
        ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem, Update, builders::UpdateBuilder,
    },
};
use token::Timestamp;

use super::{
    Table,
    attributes::{Item, number, time},
    call::{by_code, failed, unbuildable},
    key::Key,
    transaction::{Checked, Written},
};
use crate::{
    conversation::Owner,
    store::{StoreUnavailable, counter::Counter},
};

/// How often a settlement is put another way for what has changed meanwhile.
const MAX_FORMS: usize = 8;

impl Table {
    /// Where the answer to the request gets lost and the SDK sends it again, the
    /// amount may count twice: too much, never too little.
    pub(in crate::store) async fn count(
        &self,
        owner: &Owner,
        counter: Counter,
        amount: u64,
        limit: u64,
        now: Timestamp,
    ) -> Result<bool, StoreUnavailable> {
        let Some(room) = limit.checked_sub(amount) else {
            return Ok(false);
        };
        if counter.expires_at() <= now {
            return Ok(true);
        }
        let key = Key::counter(owner, counter);
        let request = |client: &Client| {
            let request = client.update_item().table_name(&self.name).set_key(Some(key.attributes()));
            request
                .update_expression("ADD counted :amount SET #ttl = :ttl")
                .condition_expression("attribute_not_exists(counted) OR counted <= :room")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":amount", number(amount))
                .expression_attribute_values(":room", number(room))
                .expression_attribute_values(":ttl", time(counter.expires_at()))
                .send()
        };
        Ok(self.ask("UpdateItem", by_code, request).await?.is_ok())
    }

    /// A transaction, because it is the one write that counts once however often
    /// it is sent: taking back twice would give tokens away.
    pub(in crate::store) async fn settle(
        &self,
        owner: &Owner,
        counter: Counter,
        reserved: u64,
        used: u64,
        now: Timestamp,
    ) -> Result<(), StoreUnavailable> {
        if reserved == used || counter.expires_at() <= now {
            return Ok(());
        }
        let key = Key::counter(owner, counter);
        let update = || {
            Update::builder()
                .table_name(&self.name)
                .set_key(Some(key.attributes()))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", time(counter.expires_at()))
                .return_values_on_condition_check_failure(AllOld)
        };
        let mut form = settlement(update(), reserved, used);
        for _ in 0..MAX_FORMS {
            let action = form.build().map_err(|error| unbuildable(&error))?;
            let written = self.transact(vec![TransactWriteItem::builder().update(action).build()]).await?;
            let found = match written {
                Written::Yes => return Ok(()),
                Written::No(checked) => checked.into_iter().next(),
            };
            let Some(Checked::Refused(Some(found))) = found else {
                // Nothing was counted: there is nothing to take back.
                return Ok(());
            };
            let counted = Item(&found).number("counted")?;
            form = if used.saturating_add(counted) < reserved {
                at_zero(update(), counted)
            } else {
                settlement(update(), reserved, used)
            };
        }
        Err(failed("TransactWriteItems", "changed each time").into())
    }

    pub(in crate::store) async fn counted(
        &self,
        owner: &Owner,
        counter: Counter,
        now: Timestamp,
    ) -> Result<u64, StoreUnavailable> {
        match self.read(&Key::counter(owner, counter), now).await? {
            Some(found) => Item(&found).number("counted"),
            None => Ok(0),
        }
    }
}

/// Adds what was used to what was counted, and takes back what was reserved.
fn settlement(update: UpdateBuilder, reserved: u64, used: u64) -> UpdateBuilder {
    let update = update
        .update_expression("ADD counted :difference SET #ttl = :ttl")
        .expression_attribute_values(":difference", number(i128::from(used) - i128::from(reserved)));
    match reserved.checked_sub(used) {
        None => update,
        Some(back) => {
            update.condition_expression("counted >= :back").expression_attribute_values(":back", number(back))
        }
    }
}

/// Counts nothing any more: less than `counted` there cannot be.
fn at_zero(update: UpdateBuilder, counted: u64) -> UpdateBuilder {
    update
        .update_expression("SET counted = :zero, #ttl = :ttl")
        .condition_expression("counted = :counted")
        .expression_attribute_values(":zero", number(0))
        .expression_attribute_values(":counted", number(counted))
}
