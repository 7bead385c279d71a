//! What the next ring looks like, and whether a pending one may become current.
//!
//! Pure: rings in, ring or refusal out.

use token::{
    AccessClaims, Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyRing, Minter, Policy, Role,
    SecretError, SecretValue, Timestamp, Verifier,
};

use crate::{Settings, error::UnfitRing};

/// Returns the ring after `current`: its keys but for those long over, each
/// with an end, and a new one that signs later.
pub(crate) fn next_ring(
    current: SecretValue,
    new_id: &str,
    new_secret: &[u8],
    settings: &Settings,
    now: Timestamp,
) -> Result<KeyRing, SecretError> {
    let sign_from = now.plus(settings.sign_after_secs);
    let end = sign_from.plus(settings.overlap_secs());
    let current = ring_of(current)?;
    let kept = current.keys().iter().filter(|key| !is_over_everywhere(key, settings, now));
    let kept = kept.map(|key| key.clone().with_times(key.sign_from(), key.verify_until().or(Some(end))));
    let new = Key::new(Some(new_id.to_owned()), AlgorithmSet::only(Algorithm::HS256), new_secret)?;
    let new = new.with_times(Some(sign_from), None);
    KeyRing::new(kept.chain([new]).collect())
}

/// Checks that `pending` is `current` plus the key of this rotation, early
/// enough for every verifier to read it.
pub(crate) fn check(
    pending: SecretValue,
    current: SecretValue,
    new_id: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), UnfitRing> {
    let SecretValue::Ring(pending) = pending else { return Err(UnfitRing::NoRing) };
    let current = ring_of(current).map_err(|_| UnfitRing::NoRing)?;
    let find = |ring: &KeyRing, id: Option<&str>| ring.keys().iter().find(|key| key.id() == id).cloned();
    let new = find(&pending, Some(new_id)).ok_or(UnfitRing::NoNewKey)?;
    let sign_from = new.sign_from().ok_or(UnfitRing::NoNewKey)?;

    for key in current.keys().iter().filter(|key| key.verifies_at(now)) {
        let kept =
            find(&pending, key.id()).filter(|kept| kept.has_secret_of(key)).ok_or(UnfitRing::LostKey)?;
        let old_end = key.verify_until().unwrap_or_else(|| sign_from.plus(settings.overlap_secs()));
        if kept.verify_until().is_some_and(|end| end < old_end) {
            return Err(UnfitRing::LostKey);
        }
    }
    // An emergency rotation may have dropped a leaked key since this ring was
    // made; it must not come back.
    let known = |key: &Key| key.id() == Some(new_id) || find(&current, key.id()).is_some();
    if !pending.keys().iter().all(known) {
        return Err(UnfitRing::ForeignKey);
    }
    if !signs_and_verifies(&pending, new_id, sign_from) {
        return Err(UnfitRing::DoesNotVerify);
    }
    if now > sign_from.minus(settings.reading_secs()) {
        return Err(UnfitRing::TooLate);
    }
    Ok(())
}

/// The keys of a value; of a plain secret the key is named by its version.
fn ring_of(value: SecretValue) -> Result<KeyRing, SecretError> {
    match value {
        SecretValue::Ring(ring) => Ok(ring),
        SecretValue::Plain(key) => KeyRing::new(vec![key]),
    }
}

/// Whether no verifier takes this key any more, by whatever clock and copy.
fn is_over_everywhere(key: &Key, settings: &Settings, now: Timestamp) -> bool {
    key.verify_until().is_some_and(|end| end.plus(settings.reading_secs()) < now)
}

/// Signs a token with the new key at its time, and verifies it as a verifier does.
fn signs_and_verifies(ring: &KeyRing, new_id: &str, at: Timestamp) -> bool {
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
        algorithms: AlgorithmSet::only(Algorithm::HS256),
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

#[cfg(test)]
mod tests {
    use token::SecretForm;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
    const HOUR: u64 = 3600;

    fn settings() -> Settings {
        Settings::read(&|_| None).unwrap()
    }

    fn form() -> SecretForm {
        settings().form
    }

    fn plain() -> SecretValue {
        SecretValue::parse("0123456789abcdef0123456789abcdef", Some("v1"), &form()).unwrap()
    }

    /// The value as it is read back from its store.
    fn stored(ring: &KeyRing) -> SecretValue {
        SecretValue::parse(&ring.to_json(), None, &form()).unwrap()
    }

    fn rotate(current: SecretValue, id: &str, now: Timestamp) -> KeyRing {
        next_ring(current, id, &[7; 32], &settings(), now).unwrap()
    }

    #[test]
    fn a_plain_secret_becomes_a_ring_that_signs_with_it_for_four_more_hours() {
        let ring = rotate(plain(), "v2", NOW);
        let signing = |at| ring.signing_key(at).unwrap().id().unwrap().to_owned();
        assert_eq!(signing(NOW), "v1");
        assert_eq!(signing(NOW.plus(4 * HOUR - 1)), "v1");
        assert_eq!(signing(NOW.plus(4 * HOUR)), "v2");
        let old = &ring.keys()[0];
        assert!(old.verifies_at(NOW.plus(5 * HOUR + 30)), "the last token of the old key, and leeway");
        assert!(!old.verifies_at(NOW.plus(5 * HOUR + 31)));
        assert_eq!(check(stored(&ring), plain(), "v2", &settings(), NOW), Ok(()));
    }

    #[test]
    fn every_second_signature_is_covered_over_many_rotations() {
        let mut ring = rotate(plain(), "k0", NOW);
        for n in 1..50_u64 {
            let now = NOW.plus(n * HOUR);
            let next = rotate(stored(&ring), &format!("k{n}"), now);
            assert_eq!(check(stored(&next), stored(&ring), &format!("k{n}"), &settings(), now), Ok(()));
            for minutes in 0..120 {
                let at = now.plus(minutes * 60);
                let signer = next.signing_key(at).unwrap();
                assert!(signer.verifies_at(at.plus(HOUR + 30)), "{signer:?} at {at:?}");
            }
            assert!(next.keys().len() <= 12, "{} keys", next.keys().len());
            ring = next;
        }
    }

    #[test]
    fn a_ring_that_comes_too_late_is_given_up() {
        let ring = rotate(plain(), "v2", NOW);
        let last = NOW.plus(4 * HOUR - 3720);
        assert_eq!(check(stored(&ring), plain(), "v2", &settings(), last), Ok(()));
        assert_eq!(check(stored(&ring), plain(), "v2", &settings(), last.plus(1)), Err(UnfitRing::TooLate));
    }

    #[test]
    fn a_ring_that_lost_or_brought_back_a_key_is_given_up() {
        let ring = rotate(plain(), "v2", NOW);
        let later = rotate(stored(&ring), "v3", NOW);
        let only_new = KeyRing::new(vec![later.keys()[2].clone()]).unwrap();
        assert_eq!(check(stored(&only_new), stored(&ring), "v3", &settings(), NOW), Err(UnfitRing::LostKey));
        let emergency = KeyRing::new(vec![ring.keys()[1].clone()]).unwrap();
        assert_eq!(
            check(stored(&later), stored(&emergency), "v3", &settings(), NOW),
            Err(UnfitRing::ForeignKey)
        );
        assert_eq!(check(stored(&later), stored(&ring), "other", &settings(), NOW), Err(UnfitRing::NoNewKey));
        assert_eq!(check(plain(), stored(&ring), "v3", &settings(), NOW), Err(UnfitRing::NoRing));
        let changed = next_ring(plain(), "v2", &[8; 32], &settings(), NOW).unwrap();
        assert_eq!(check(stored(&later), stored(&changed), "v3", &settings(), NOW), Err(UnfitRing::LostKey));
    }
}
