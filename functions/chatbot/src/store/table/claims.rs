//! Idempotency keys in the table.

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure::AllOld},
};
use token::Timestamp;

use super::{
    Attributes, IS_ABSENT, IS_THERE, Table,
    attributes::{Item, id, time},
    call::{by_code, failed},
    claim_item,
    key::Key,
};
use crate::{
    conversation::Owner,
    store::{
        StoreUnavailable,
        claim::{Claim, Claimed, KeptClaim},
    },
};

/// How often a claim is looked at again that changed while it was looked at.
const MAX_LOOKS: usize = 8;

/// What a claim that is written takes the place of.
enum Place {
    /// None, or an expired one.
    Free,
    /// One with a lease that is over, and still the same.
    LeaseOver(Timestamp),
}

impl Table {
    pub(in crate::store) async fn claim(
        &self,
        owner: &Owner,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Claimed, StoreUnavailable> {
        let (mut kept, mut place) = (KeptClaim::new(claim), Place::Free);
        for _ in 0..MAX_LOOKS {
            let Err(found) = self.put_claim(owner, &kept, &place, now).await? else {
                return Ok(match place {
                    Place::Free => Claimed::New,
                    Place::LeaseOver(_) => Claimed::TakenOver(kept.claim),
                });
            };
            (kept, place) = match found {
                Some(found) if Item(&found).is_there(now)? => {
                    let found = claim_item::read(&found, claim)?;
                    if let Some(told) = found.told(claim, now) {
                        return Ok(told);
                    }
                    (found.taken_over_by(claim), Place::LeaseOver(found.claim.leased_until))
                }
                // Whoever had it gave it back.
                _ => (KeptClaim::new(claim), Place::Free),
            };
        }
        Err(failed("PutItem", "changed each time").into())
    }

    /// Writes a claim, or returns what is there instead.
    async fn put_claim(
        &self,
        owner: &Owner,
        kept: &KeptClaim,
        place: &Place,
        now: Timestamp,
    ) -> Result<Result<(), Option<Attributes>>, StoreUnavailable> {
        let item = claim_item::write(owner, kept, now);
        let request = |client: &Client| {
            let request = client.put_item().table_name(&self.name).set_item(Some(item.clone()));
            let request = match place {
                Place::Free => request.condition_expression(IS_ABSENT),
                Place::LeaseOver(lease) => request
                    .condition_expression(format!(
                        "{IS_THERE} AND leased_until = :lease AND attribute_not_exists(done)"
                    ))
                    .expression_attribute_values(":lease", time(*lease)),
            };
            request
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", time(now))
                .return_values_on_condition_check_failure(AllOld)
                .send()
        };
        Ok(match self.ask("PutItem", by_code, request).await? {
            Ok(_) => Ok(()),
            Err(PutItemError::ConditionalCheckFailedException(refused)) => Err(refused.item),
            Err(_) => return Err(failed("PutItem", "a condition of another kind").into()),
        })
    }

    pub(in crate::store) async fn answered(
        &self,
        owner: &Owner,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<(), StoreUnavailable> {
        let key = Key::claim(owner, &claim.key);
        let request = |client: &Client| {
            let request = client.update_item().table_name(&self.name).set_key(Some(key.attributes()));
            request
                .update_expression("SET done = :done")
                .condition_expression(format!("{IS_THERE} AND answer = :answer"))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", time(now))
                .expression_attribute_values(":done", AttributeValue::Bool(true))
                .expression_attribute_values(":answer", id(claim.answer))
                .send()
        };
        // A claim that is gone needs no note.
        let _noted = self.ask("UpdateItem", by_code, request).await?;
        Ok(())
    }

    pub(in crate::store) async fn release(
        &self,
        owner: &Owner,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<(), StoreUnavailable> {
        let key = Key::claim(owner, &claim.key);
        let request = |client: &Client| {
            let request = client.update_item().table_name(&self.name).set_key(Some(key.attributes()));
            request
                .update_expression("SET leased_until = :now")
                .condition_expression(
                    "answer = :answer AND leased_until = :lease AND attribute_not_exists(done)",
                )
                .expression_attribute_values(":answer", id(claim.answer))
                .expression_attribute_values(":lease", time(claim.leased_until))
                .expression_attribute_values(":now", time(now))
                .send()
        };
        // The lease of somebody else is not ours to end.
        let _released = self.ask("UpdateItem", by_code, request).await?;
        Ok(())
    }
}
