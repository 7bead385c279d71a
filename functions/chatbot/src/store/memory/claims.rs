//! Idempotency keys in memory.

use token::Timestamp;

use super::{Expiring, MemoryStore};
use crate::{
    conversation::Owner,
    store::claim::{CLAIM_SECS, Claim, Claimed, KeptClaim},
};

impl MemoryStore {
    pub(in crate::store) fn claim(&self, owner: &Owner, claim: &Claim, now: Timestamp) -> Claimed {
        self.with(owner, now, |belongings| {
            let found = belongings.claims.get(&claim.key).map(|found| &found.value);
            if let Some(told) = found.and_then(|found| found.told(claim, now)) {
                return told;
            }
            let (kept, claimed) = match found.map(|found| found.taken_over_by(claim)) {
                None => (KeptClaim::new(claim), Claimed::New),
                Some(kept) => (kept.clone(), Claimed::TakenOver(kept.claim)),
            };
            let kept = Expiring { value: kept, expires_at: now.plus(CLAIM_SECS) };
            belongings.claims.insert(claim.key.clone(), kept);
            claimed
        })
    }

    pub(in crate::store) fn answered(&self, owner: &Owner, claim: &Claim, now: Timestamp) {
        self.with(owner, now, |belongings| {
            let kept = belongings.claims.get_mut(&claim.key);
            if let Some(kept) = kept.filter(|kept| kept.value.claim.answer == claim.answer) {
                kept.value.is_done = true;
            }
        });
    }

    pub(in crate::store) fn release(&self, owner: &Owner, claim: &Claim, now: Timestamp) {
        self.with(owner, now, |belongings| {
            let Some(Expiring { value: kept, .. }) = belongings.claims.get_mut(&claim.key) else { return };
            let has_lease = kept.claim.leased_until == claim.leased_until;
            if kept.claim.answer == claim.answer && has_lease && !kept.is_done {
                kept.claim.leased_until = now;
            }
        });
    }
}
