//! What a key ring looks like at one time, for whoever has to look after it.
//!
//! Names, times and states; never a secret.

use crate::{AlgorithmSet, Key, KeyRing, Timestamp};

/// The keys of a ring at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingStatus {
    /// In the order of the ring.
    pub keys: Vec<KeyStatus>,
    /// The first moment at which the state of a key is another one, if nobody
    /// touches the ring.
    pub next_change: Option<Timestamp>,
}

/// One key of a ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// `None` for a plain secret of a store without versions.
    pub id: Option<String>,
    /// One, but for a plain secret, which may verify several.
    pub algorithms: AlgorithmSet,
    pub sign_from: Option<Timestamp>,
    pub verify_until: Option<Timestamp>,
    pub state: KeyState,
}

/// What a key is good for at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, verifies already, and signs later.
    Waiting,
    /// The one that an issuer signs with.
    Signing,
    /// Verifies what it signed before.
    Verifying,
    /// Its last token has expired: the next rotation leaves it out.
    Over,
}

impl KeyState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
            Self::Over => "over",
        }
    }
}

impl KeyRing {
    pub fn status(&self, now: Timestamp) -> RingStatus {
        let states = self.states(now);
        let keys = self.keys().iter().zip(&states).map(|(key, &state)| KeyStatus {
            id: key.id().map(str::to_owned),
            algorithms: key.algorithms(),
            sign_from: key.sign_from(),
            verify_until: key.verify_until(),
            state,
        });
        let keys = keys.collect();
        // A moment of one key may change nothing, or another key's state.
        let moments = self.keys().iter().flat_map(|key| {
            let first_second_over = key.verify_until().map(|until| until.plus(1));
            key.sign_from().into_iter().chain(first_second_over)
        });
        let next_change = moments.filter(|&at| now < at && self.states(at) != states).min();
        RingStatus { keys, next_change }
    }

    fn states(&self, now: Timestamp) -> Vec<KeyState> {
        let signing = self.signing_key(now);
        let state = |key: &Key| match key {
            key if !key.verifies_at(now) => KeyState::Over,
            key if signing.is_some_and(|signing| std::ptr::eq(signing, key)) => KeyState::Signing,
            key if key.sign_from().is_some_and(|from| now < from) => KeyState::Waiting,
            _ => KeyState::Verifying,
        };
        self.keys().iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::Algorithm;

    const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn key(id: Option<&str>, sign_from: Option<i64>, verify_until: Option<i64>) -> Key {
        let at = |secs: Option<i64>| secs.map(|secs| Timestamp::from_unix_secs(NOW.as_unix_secs() + secs));
        Key::new(id.map(str::to_owned), AlgorithmSet::only(Algorithm::HS256), &[b'x'; 32])
            .unwrap()
            .with_times(at(sign_from), at(verify_until))
    }

    /// `secs` after NOW: the state of each key, and when that changes.
    fn check(ring: &KeyRing, secs: u64, expected: &Expect) {
        let status = ring.status(NOW.plus(secs));
        let states = status.keys.iter().map(|key| {
            let id = key.id.as_deref().unwrap_or("-");
            format!("{id} {}", key.state.name())
        });
        let next = status.next_change.map(|at| at.as_unix_secs() - NOW.as_unix_secs());
        expected.assert_eq(&format!("{}; then {next:?}", states.collect::<Vec<_>>().join(", ")));
    }

    #[test]
    fn a_key_waits_signs_verifies_and_is_over() {
        let ring = KeyRing::new(vec![
            key(Some("a"), None, Some(50)),
            key(Some("b"), Some(10), Some(90)),
            key(Some("c"), Some(60), None),
        ])
        .unwrap();
        check(&ring, 0, &expect!["a signing, b waiting, c waiting; then Some(10)"]);
        check(&ring, 10, &expect!["a verifying, b signing, c waiting; then Some(51)"]);
        check(&ring, 50, &expect!["a verifying, b signing, c waiting; then Some(51)"]);
        check(&ring, 51, &expect!["a over, b signing, c waiting; then Some(60)"]);
        check(&ring, 60, &expect!["a over, b verifying, c signing; then Some(91)"]);
        check(&ring, 91, &expect!["a over, b over, c signing; then None"]);
    }

    #[test]
    fn a_plain_secret_signs_and_the_one_before_verifies() {
        check(&KeyRing::plain(key(None, None, None), None), 0, &expect!["- signing; then None"]);
        let both = KeyRing::plain(key(Some("v2"), None, None), Some(key(Some("v1"), None, None)));
        check(&both, 0, &expect!["v2 signing, v1 verifying; then None"]);
    }

    #[test]
    fn a_moment_that_changes_nothing_is_left_out() {
        // It would have signed before a newer one did.
        let ring = KeyRing::new(vec![
            key(Some("a"), Some(20), None),
            key(Some("b"), Some(10), Some(30)),
            key(Some("c"), Some(40), Some(35)),
        ])
        .unwrap();
        check(&ring, 0, &expect!["a waiting, b waiting, c waiting; then Some(10)"]);
        check(&ring, 36, &expect!["a signing, b over, c over; then None"]);
        check(&ring, u64::MAX, &expect!["a signing, b over, c over; then None"]);
    }

    #[test]
    fn a_status_tells_names_and_times_and_no_secret() {
        let status = KeyRing::new(vec![key(Some("a"), Some(0), Some(9))]).unwrap().status(NOW);
        let key = &status.keys[0];
        assert_eq!((key.sign_from, key.verify_until), (Some(NOW), Some(NOW.plus(9))));
        assert_eq!(key.algorithms, AlgorithmSet::only(Algorithm::HS256));
        let told = format!("{status:?}");
        assert!(!told.contains("xxxx") && !told.contains("120, 120"), "{told}");
    }
}
