//! What the next ring looks like.

use super::RotationTiming;
use crate::{Algorithm, AlgorithmSet, Key, KeyRing, SecretError, Timestamp};

/// The key that a rotation adds.
#[derive(Clone, Copy)]
pub struct NewKey<'a> {
    /// Its `kid`, never used before.
    pub id: &'a str,
    pub algorithm: Algorithm,
    /// Fresh random bytes, at least [`Algorithm::min_secret_bytes`].
    pub secret: &'a [u8],
}

/// Returns a ring of one key, which signs at once.
///
/// For a place that holds no key yet: whoever verifies with another ring knows
/// nothing of this one.
///
/// # Errors
///
/// The new key's id or secret cannot be used.
pub fn first_ring(new: NewKey<'_>, timing: &RotationTiming, now: Timestamp) -> Result<KeyRing, SecretError> {
    // An issuer whose clock is behind must not be left without a key to sign with.
    let sign_from = now.minus(timing.clock_skew_secs);
    KeyRing::new(vec![new.into_key(sign_from)?])
}

/// Returns the ring after `current`: its keys but for those long over, each
/// with an end, and a new one that signs later.
///
/// A plain secret becomes the first key of a ring, its predecessor included
/// where there is one. A key of a ring has one algorithm: of a plain secret that
/// may sign in several, the first stays, which is what an issuer signs with.
///
/// # Errors
///
/// The new key's id or secret cannot be used, or the ring is full.
pub fn next_ring(
    current: &KeyRing,
    new: NewKey<'_>,
    timing: &RotationTiming,
    now: Timestamp,
) -> Result<KeyRing, SecretError> {
    let mut keys = keys_to_keep(current, new.id)?;
    keys.retain(|key| !is_over_everywhere(key, timing, now));
    // Another clock, or another setting, may have made a key that signs later
    // still. It would go on signing past the end that it gets here.
    let latest = keys.iter().filter_map(Key::sign_from).max();
    let sign_from = latest.into_iter().fold(now.plus(timing.sign_after_secs), Timestamp::max);
    let end = sign_from.plus(timing.overlap_secs());
    let kept = keys.into_iter().map(|key| {
        let (from, until) = (key.sign_from(), key.verify_until().or(Some(end)));
        key.with_times(from, until)
    });
    let new = new.into_key(sign_from)?;
    KeyRing::new(kept.chain([new]).collect())
}

/// Returns the ring after a key of `current` leaked: a new key that signs at
/// once, and nothing else.
///
/// This refuses good tokens, on purpose:
///
/// - Every token signed before is refused by a verifier that has read the new
///   ring: users have to refresh or log in again. A verifier reads it within
///   its soft TTL, at the first token with the new key's id where that is
///   earlier, and after its hard limit at the latest where the store is out of
///   reach; until then it takes tokens of the leaked key, forged ones included.
///   A gateway's cache of decisions comes on top.
/// - A token of the new key is refused by a verifier that has not read the new
///   ring and may not ask: an unknown key id forces one refresh per cool-down,
///   so a verifier that was just asked for another one refuses for up to that
///   long.
/// - An issuer signs with the leaked key until its own copy is refreshed; those
///   tokens are refused as the older ones are.
///
/// # Errors
///
/// The new key's id or secret cannot be used, or `current` has them already: a
/// copy of `current` would take the one key for the other.
pub fn emergency_ring(
    current: &KeyRing,
    new: NewKey<'_>,
    timing: &RotationTiming,
    now: Timestamp,
) -> Result<KeyRing, SecretError> {
    let ring = first_ring(new, timing, now)?;
    let is_new = |key: &Key| ring.keys().iter().any(|new| new.id() == key.id() || new.has_secret_of(key));
    if current.keys().iter().any(is_new) { Err(SecretError::ReusedKey) } else { Ok(ring) }
}

/// Returns the keys that a ring after `current` has to hold, each with an id.
///
/// The version before a plain secret comes first: of keys without a time the
/// last one signs.
pub(super) fn keys_to_keep(current: &KeyRing, new_id: &str) -> Result<Vec<Key>, SecretError> {
    let keys = current.keys().iter().cloned();
    // A plain secret of a store without versions has no name. Its tokens have no
    // `kid` either and are tried with every key, so any name will do.
    let named = |key: Key| match key.id() {
        Some(_) => Ok(key),
        None => key.with_id(format!("before-{new_id}")),
    };
    let keys: Vec<Key> = if current.kid_decides() { keys.collect() } else { keys.rev().collect() };
    Ok(keys.into_iter().map(named).collect::<Result<_, _>>()?)
}

/// Whether no verifier takes this key any more, by whatever clock and copy.
fn is_over_everywhere(key: &Key, timing: &RotationTiming, now: Timestamp) -> bool {
    key.verify_until().is_some_and(|end| end.plus(timing.reading_secs()) < now)
}

impl NewKey<'_> {
    fn into_key(self, sign_from: Timestamp) -> Result<Key, SecretError> {
        let key = Key::new(Some(self.id.to_owned()), AlgorithmSet::only(self.algorithm), self.secret)?;
        Ok(key.with_times(Some(sign_from), None))
    }
}
