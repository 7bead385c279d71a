//! Whether a ring may become the current one.

use super::{RotationTiming, plan::keys_to_keep};
use crate::{
    AccessClaims, Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyRing, Minter, Policy, Role,
    Timestamp, Verifier,
};

/// Why a ring must not become the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitRing {
    #[error("it is no key ring")]
    NoRing,
    #[error("it does not hold the key of this rotation")]
    NoNewKey,
    #[error("another key of it signs after the key of this rotation")]
    NotNewest,
    #[error("a key that is good now is missing from it or was changed")]
    LostKey,
    #[error("it holds a key that was taken out of the current one meanwhile")]
    ForeignKey,
    #[error("it is too late for every verifier to read it before its new key signs")]
    TooLate,
    #[error("what its new key signs does not verify")]
    DoesNotVerify,
}

/// Checks that `pending` is `current` plus the key `new_id`, early enough for
/// every verifier to read it.
///
/// # Errors
///
/// What is wrong with it; [`UnfitRing::TooLate`] only where nothing else is.
pub fn check(
    pending: &KeyRing,
    current: &KeyRing,
    new_id: &str,
    timing: &RotationTiming,
    now: Timestamp,
) -> Result<(), UnfitRing> {
    if !pending.kid_decides() {
        return Err(UnfitRing::NoRing);
    }
    let current = keys_to_keep(current, new_id).map_err(|_| UnfitRing::NoRing)?;
    let new = find(pending.keys(), new_id).ok_or(UnfitRing::NoNewKey)?;
    let sign_from = new.sign_from().ok_or(UnfitRing::NoNewKey)?;
    let algorithm = new.algorithms().iter().next().ok_or(UnfitRing::NoNewKey)?;

    for key in current.iter().filter(|key| key.verifies_at(now)) {
        let kept = key.id().and_then(|id| find(pending.keys(), id));
        let kept = kept.filter(|kept| kept.has_secret_of(key)).ok_or(UnfitRing::LostKey)?;
        let old_end = key.verify_until().unwrap_or_else(|| sign_from.plus(timing.overlap_secs()));
        if kept.verify_until().is_some_and(|end| end < old_end) {
            return Err(UnfitRing::LostKey);
        }
    }
    // That one would sign past the end that this ring gives it.
    if pending.keys().iter().any(|key| Some(sign_from) < key.sign_from()) {
        return Err(UnfitRing::NotNewest);
    }
    // An emergency rotation may have dropped a leaked key since this ring was
    // made; it must not come back.
    let known = |key: &Key| key.id().is_some_and(|id| id == new_id || find(&current, id).is_some());
    if !pending.keys().iter().all(known) {
        return Err(UnfitRing::ForeignKey);
    }
    if !signs_and_verifies(pending, new_id, algorithm, sign_from) {
        return Err(UnfitRing::DoesNotVerify);
    }
    if now > sign_from.minus(timing.reading_secs()) {
        return Err(UnfitRing::TooLate);
    }
    Ok(())
}

fn find<'k>(keys: &'k [Key], id: &str) -> Option<&'k Key> {
    keys.iter().find(|key| key.id() == Some(id))
}

/// Signs a token with the new key at its time, and verifies it as a verifier does.
fn signs_and_verifies(ring: &KeyRing, new_id: &str, algorithm: Algorithm, at: Timestamp) -> bool {
    let name = "rotation-test";
    let claims = AccessClaims {
        sub: name.into(),
        username: None,
        name: None,
        email: None,
        role: Role::User,
        sid: None,
        jti: name.into(),
        issued_at: at,
        expires_at: at.plus(60),
    };
    let verifier = Verifier {
        algorithms: AlgorithmSet::only(algorithm),
        policy: Policy {
            issuer: IssuerRule::Exactly(name.into()),
            audience: Audience::OneOf(vec![name.into()]),
            leeway_secs: 0,
            max_lifetime_secs: Some(60),
            default_role: None,
            accept_untyped: false,
        },
        max_token_bytes: 8192,
    };
    let minter = Minter { issuer: name.into(), audience: vec![name.into()] };
    let Some(token) = minter.mint(&claims, ring, at) else { return false };
    verifier.verify(&token, ring, at).is_ok_and(|principal| principal.kid() == Some(new_id))
}
