//! A revoked subject that gets another name stays revoked.
//!
//! What revokes everything of a consumer up to a moment is kept under its
//! username. Without this, a consumer that is renamed could use its old tokens
//! again.

use aws_sdk_dynamodb::types::AttributeValue;
use token::Timestamp;

use super::{
    consumer_item::time,
    items::{Items, unreadable},
    transaction::{Cause, Condition, Transaction},
};
use crate::{
    RegistryUnavailable,
    entry::Entry,
    revocation,
    table::{Attributes, key_of},
};

/// What a revocation says, and so what it is held to.
const SAID: [&str; 2] = ["ttl", "not_before"];

/// The most actions that [`carry_over`] adds.
pub(super) const MAX_ACTIONS: usize = 2;

/// Makes what revokes the consumer `old` revoke `new` as well.
///
/// The entry of the old name stays, for tokens that are looked up by it yet.
pub(super) async fn carry_over(
    old: &str,
    new: &str,
    now: Timestamp,
    items: &Items,
    transaction: &mut Transaction,
) -> Result<(), RegistryUnavailable> {
    let (old, new) = (revocation::consumer_key(old), revocation::consumer_key(new));
    let found = items.read(&[old.clone(), new.clone()]).await?;
    let present = found.get(&old);
    // A revocation that comes meanwhile must not be missed.
    transaction.check(&old, &Condition::as_read(present, &SAID))?;
    let Some(present) = present else { return Ok(()) };
    let there = found.get(&new);
    let entry = match there {
        None => read(present, now)?,
        Some(there) => both(read(present, now)?, read(there, now)?),
    };
    let mut item = key_of(&new);
    match entry {
        Entry::Absent => return Ok(()),
        Entry::Revoked { until } => set(&mut item, "ttl", until),
        Entry::RevokedBefore { not_before, until } => {
            set(&mut item, "ttl", until);
            set(&mut item, "not_before", not_before);
        }
    }
    transaction.put(item, &Condition::as_read(there, &SAID), Cause::Changed)
}

/// Returns what revokes whatever one of the two does.
fn both(one: Entry, other: Entry) -> Entry {
    match (one, other) {
        (Entry::Absent, entry) | (entry, Entry::Absent) => entry,
        (
            Entry::RevokedBefore { not_before, until },
            Entry::RevokedBefore { not_before: other_not_before, until: other_until },
        ) => Entry::RevokedBefore {
            not_before: not_before.max(other_not_before),
            until: until.max(other_until),
        },
        (
            Entry::Revoked { until } | Entry::RevokedBefore { until, .. },
            Entry::Revoked { until: other_until } | Entry::RevokedBefore { until: other_until, .. },
        ) => Entry::Revoked { until: until.max(other_until) },
    }
}

/// What is over is there for some time yet, and revokes nothing.
fn read(item: &Attributes, now: Timestamp) -> Result<Entry, RegistryUnavailable> {
    let entry = Entry::read(&item.clone().into()).map_err(|error| unreadable(item, &error))?;
    Ok(match entry {
        Entry::Revoked { until } | Entry::RevokedBefore { until, .. } if until <= now => Entry::Absent,
        entry => entry,
    })
}

fn set(item: &mut Attributes, name: &str, at: Timestamp) {
    let value: AttributeValue = time(at);
    item.insert(name.to_owned(), value);
}
