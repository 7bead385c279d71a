//! A claimed idempotency key as an item.

use token::Timestamp;

use super::{
    Attributes,
    attributes::{Item, id, text, time},
    key::Key,
};
use crate::{
    conversation::Owner,
    store::{
        KeyHash, StoreUnavailable,
        claim::{CLAIM_SECS, Claim, KeptClaim},
    },
};

/// Returns the item of a claim that was not answered yet.
pub(super) fn write(owner: &Owner, kept: &KeptClaim, now: Timestamp) -> Attributes {
    let claim = &kept.claim;
    let mut item = Key::claim(owner, &claim.key).attributes();
    item.extend(
        [
            ("fingerprint", text(claim.fingerprint.as_str())),
            ("conversation", id(claim.conversation)),
            ("question", id(claim.question)),
            ("answer", id(claim.answer)),
            ("leased_until", time(claim.leased_until)),
            ("holder", id(kept.holder)),
            ("ttl", time(now.plus(CLAIM_SECS))),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

/// Reads the claim of the key that `wanted` is for.
pub(super) fn read(attributes: &Attributes, wanted: &Claim) -> Result<KeptClaim, StoreUnavailable> {
    let item = Item(attributes);
    let claim = Claim {
        key: wanted.key.clone(),
        fingerprint: KeyHash::kept(item.text("fingerprint")?.to_owned()),
        conversation: item.id("conversation")?,
        question: item.id("question")?,
        answer: item.id("answer")?,
        leased_until: item.time("leased_until")?,
    };
    Ok(KeptClaim { claim, holder: item.id("holder")?, is_done: item.has("done") })
}
