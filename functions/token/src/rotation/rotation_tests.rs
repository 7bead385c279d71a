//! Rotations one after another, by the plan and its check.

use super::*;
use crate::{
    Algorithm, AlgorithmSet, Key, KeyRing, SecretEncoding, SecretError, SecretForm, SecretValue,
    SettingsReader, Timestamp,
};

const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
const HOUR: u64 = 3600;

fn timing() -> RotationTiming {
    let mut reader = SettingsReader::new(&|_| None);
    RotationTiming::read(&mut reader)
}

fn new_key(id: &str) -> NewKey<'_> {
    NewKey { id, algorithm: Algorithm::HS256, secret: &[7; 32] }
}

/// A key with a secret of its own.
fn key(id: Option<&str>, byte: u8) -> Key {
    Key::new(id.map(str::to_owned), AlgorithmSet::only(Algorithm::HS256), &[byte; 32]).unwrap()
}

fn plain() -> KeyRing {
    KeyRing::plain(key(Some("v1"), b'1'), None)
}

/// The ring as it is read back from its store.
fn stored(ring: &KeyRing) -> KeyRing {
    let form = SecretForm {
        field: "JWT_SECRET".into(),
        encoding: SecretEncoding::Utf8,
        algorithms: AlgorithmSet::only(Algorithm::HS256),
    };
    SecretValue::parse(&ring.to_json(), None, &form).unwrap().into()
}

fn rotate(current: &KeyRing, id: &str, now: Timestamp) -> KeyRing {
    stored(&next_ring(current, new_key(id), &timing(), now).unwrap())
}

fn signing(ring: &KeyRing, at: Timestamp) -> &str {
    ring.signing_key(at).unwrap().id().unwrap()
}

fn check_now(pending: &KeyRing, current: &KeyRing, new_id: &str) -> Result<(), UnfitRing> {
    check(pending, current, new_id, &timing(), NOW)
}

#[test]
fn a_plain_secret_becomes_a_ring_that_signs_with_it_for_four_more_hours() {
    let ring = rotate(&plain(), "v2", NOW);
    assert_eq!(signing(&ring, NOW), "v1");
    assert_eq!(signing(&ring, NOW.plus(4 * HOUR - 1)), "v1");
    assert_eq!(signing(&ring, NOW.plus(4 * HOUR)), "v2");
    let old = &ring.keys()[0];
    assert!(old.verifies_at(NOW.plus(5 * HOUR + 30)), "the last token of the old key, and leeway");
    assert!(!old.verifies_at(NOW.plus(5 * HOUR + 31)));
    assert_eq!(check_now(&ring, &plain(), "v2"), Ok(()));
}

#[test]
fn the_secret_before_a_plain_one_verifies_on_and_never_signs() {
    let both = KeyRing::plain(key(Some("v2"), b'2'), Some(key(Some("v1"), b'1')));
    let ring = rotate(&both, "v3", NOW);
    assert_eq!(check_now(&ring, &both, "v3"), Ok(()));
    assert_eq!(signing(&ring, NOW), "v2");
    assert_eq!(signing(&ring, NOW.plus(4 * HOUR)), "v3");
    let before = ring.keys().iter().find(|key| key.id() == Some("v1")).unwrap();
    assert!(before.verifies_at(NOW.plus(5 * HOUR + 30)));
    assert_eq!(check_now(&ring, &plain(), "v3"), Err(UnfitRing::ForeignKey), "v2 was taken back meanwhile");
}

#[test]
fn a_plain_secret_without_a_name_gets_one_that_can_be_written() {
    let nameless = KeyRing::plain(key(None, b'1'), None);
    let ring = rotate(&nameless, "v2", NOW);
    assert_eq!(signing(&ring, NOW), "before-v2");
    assert_eq!(check_now(&ring, &nameless, "v2"), Ok(()));
    let next = rotate(&ring, "v3", NOW.plus(60));
    assert_eq!(signing(&next, NOW.plus(60)), "before-v2", "the name stays");
}

#[test]
fn every_second_signature_is_covered_over_many_rotations() {
    let mut ring = rotate(&plain(), "k0", NOW);
    for n in 1..50_u64 {
        let now = NOW.plus(n * HOUR);
        let next = rotate(&ring, &format!("k{n}"), now);
        assert_eq!(check(&next, &ring, &format!("k{n}"), &timing(), now), Ok(()));
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
fn a_key_made_by_a_slower_clock_or_with_a_shorter_wait_is_the_newest_all_the_same() {
    let short = RotationTiming { sign_after_secs: 7320, ..timing() };
    for (timing, now) in [(timing(), NOW.minus(59)), (short, NOW.plus(60))] {
        let ring = rotate(&plain(), "v2", NOW);
        let new = NewKey { secret: &[8; 32], ..new_key("v3") };
        let next = stored(&next_ring(&ring, new, &timing, now).unwrap());
        assert_eq!(check(&next, &ring, "v3", &timing, now), Ok(()));
        for minutes in 0..24 * 60 {
            let at = NOW.plus(minutes * 60);
            let signer = next.signing_key(at).unwrap();
            assert!(signer.verifies_at(at.plus(HOUR + 30)), "{signer:?} at {at:?}");
        }
    }
}

#[test]
fn a_ring_whose_new_key_is_not_the_last_to_sign_is_given_up() {
    let ring = rotate(&plain(), "v2", NOW);
    let later = ring.keys()[1].sign_from().map(|from| from.plus(1));
    let keys = [ring.keys()[0].clone(), ring.keys()[1].clone().with_times(later, None)];
    let current = KeyRing::new(keys.into()).unwrap();
    let new = rotate(&ring, "v3", NOW).keys()[2].clone();
    let pending = KeyRing::new(current.keys().iter().cloned().chain([new]).collect()).unwrap();
    assert_eq!(check_now(&pending, &current, "v3"), Err(UnfitRing::NotNewest));
}

#[test]
fn a_ring_that_comes_too_late_is_given_up() {
    let ring = rotate(&plain(), "v2", NOW);
    let last = NOW.plus(4 * HOUR - 3720);
    assert_eq!(check(&ring, &plain(), "v2", &timing(), last), Ok(()));
    assert_eq!(check(&ring, &plain(), "v2", &timing(), last.plus(1)), Err(UnfitRing::TooLate));
}

#[test]
fn a_ring_that_lost_or_brought_back_a_key_is_given_up() {
    let ring = rotate(&plain(), "v2", NOW);
    let later = rotate(&ring, "v3", NOW);
    let only_new = KeyRing::new(vec![later.keys()[2].clone()]).unwrap();
    assert_eq!(check_now(&only_new, &ring, "v3"), Err(UnfitRing::LostKey));
    let emergency = KeyRing::new(vec![ring.keys()[1].clone()]).unwrap();
    assert_eq!(check_now(&later, &emergency, "v3"), Err(UnfitRing::ForeignKey));
    assert_eq!(check_now(&later, &ring, "other"), Err(UnfitRing::NoNewKey));
    assert_eq!(check_now(&plain(), &ring, "v3"), Err(UnfitRing::NoRing));
    let other_secret = NewKey { secret: &[8; 32], ..new_key("v2") };
    let changed = next_ring(&plain(), other_secret, &timing(), NOW).unwrap();
    assert_eq!(check_now(&later, &changed, "v3"), Err(UnfitRing::LostKey));
}

#[test]
fn a_new_key_has_the_algorithm_that_was_asked_for() {
    let hs512 = NewKey { id: "v2", algorithm: Algorithm::HS512, secret: &[7; 64] };
    let ring = stored(&next_ring(&plain(), hs512, &timing(), NOW).unwrap());
    let new = ring.signing_key(NOW.plus(4 * HOUR)).unwrap();
    assert_eq!(new.algorithms(), AlgorithmSet::only(Algorithm::HS512));
    assert_eq!(check_now(&ring, &plain(), "v2"), Ok(()));
    let short = NewKey { secret: &[7; 63], ..hs512 };
    let error = next_ring(&plain(), short, &timing(), NOW).unwrap_err();
    assert_eq!(error.to_string(), "the secret has 63 bytes, HS512 needs at least 64");
}

#[test]
fn a_first_key_signs_at_once_by_every_clock() {
    let ring = stored(&first_ring(new_key("v1"), &timing(), NOW).unwrap());
    assert_eq!(ring.keys().len(), 1);
    assert_eq!(signing(&ring, NOW), "v1");
    assert_eq!(signing(&ring, NOW.minus(60)), "v1", "an issuer whose clock is a minute behind");
    assert_eq!(ring.keys()[0].verify_until(), None);
}

#[test]
fn an_emergency_drops_every_other_key_and_signs_at_once() {
    let ring = rotate(&rotate(&plain(), "v2", NOW), "v3", NOW.plus(HOUR));
    let emergency = NewKey { secret: &[9; 32], ..new_key("v4") };
    let after = stored(&emergency_ring(&ring, emergency, &timing(), NOW).unwrap());
    assert_eq!(after.keys().len(), 1);
    assert_eq!(signing(&after, NOW.minus(60)), "v4");
    // And a rotation that was under way is given up.
    let under_way = rotate(&ring, "v5", NOW);
    assert_eq!(check_now(&under_way, &after, "v5"), Err(UnfitRing::LostKey));
}

#[test]
fn an_emergency_never_brings_back_what_it_drops() {
    let ring = rotate(&plain(), "v2", NOW);
    let same_id = NewKey { secret: &[9; 32], ..new_key("v1") };
    let same_secret = NewKey { id: "v3", secret: &[b'1'; 32], ..same_id };
    for reused in [same_id, same_secret] {
        let refused = emergency_ring(&ring, reused, &timing(), NOW).unwrap_err();
        assert_eq!(refused, SecretError::ReusedKey);
    }
}
