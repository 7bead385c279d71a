//! The keys that are good at one time.
//!
//! A ring has one of two rules for the `kid` of a token. In a ring that an
//! operator wrote as such, the `kid` decides: another key is never tried. Of a
//! plain secret nobody promised any `kid` (other issuers write what they like
//! there), so it only says which key to try first.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Algorithm, AlgorithmSet, Key, SecretError, Timestamp};

/// The most keys a ring may hold.
pub const MAX_KEYS: usize = 16;

/// The most keys that one token is tried against, so that a forged one costs a
/// bounded number of HMACs.
pub const MAX_TRIALS: usize = 4;

/// Keys to verify with and to sign with.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Vec<Key>,
    kid_decides: bool,
}

/// The keys for one token.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    pub(crate) keys: Vec<&'a Key>,
    /// Whether the token named its key, so that a newer ring would not help.
    pub(crate) named: bool,
}

impl KeyRing {
    /// Returns a ring in which a token's `kid` decides.
    ///
    /// # Errors
    ///
    /// No key, too many of them, or two of the same id.
    pub fn new(keys: Vec<Key>) -> Result<Self, SecretError> {
        if keys.is_empty() {
            return Err(SecretError::NoKeys);
        }
        if keys.len() > MAX_KEYS {
            return Err(SecretError::TooManyKeys(keys.len()));
        }
        let mut ids: Vec<_> = keys.iter().map(Key::id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| matches!(pair, [first, second] if first == second)) {
            return Err(SecretError::DuplicateKid);
        }
        Ok(Self { keys, kid_decides: true })
    }

    /// Returns the ring of a plain secret: its current value, and the one
    /// before it where there is one.
    pub fn plain(current: Key, previous: Option<Key>) -> Self {
        Self { keys: std::iter::once(current).chain(previous).collect(), kid_decides: false }
    }

    /// Reads the JSON form of a ring: a JWK Set of `oct` keys (RFC 7517) with
    /// the two members `sign_from` and `verify_until`, seconds since the epoch.
    ///
    /// # Errors
    ///
    /// Names the first fault and the number of the key that has it, never a value.
    pub fn from_json(json: &str) -> Result<Self, SecretError> {
        let document: RingDocument<'_> = serde_json::from_str(json).map_err(|_| SecretError::Ring)?;
        let keys = document.keys.iter().enumerate().map(|(index, jwk)| {
            jwk.to_key().map_err(|reason| SecretError::RingKey { number: index + 1, reason })
        });
        Self::new(keys.collect::<Result<_, _>>()?)
    }

    /// Writes the JSON form, secrets included.
    pub fn to_json(&self) -> Zeroizing<String> {
        let encoded: Vec<_> = self
            .keys
            .iter()
            .map(|key| Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(key.secret_bytes())))
            .collect();
        let keys = self.keys.iter().zip(&encoded).map(|(key, k)| Jwk {
            kty: "oct".into(),
            kid: key.id().unwrap_or_default().into(),
            alg: key.algorithms().iter().next().map(|algorithm| algorithm.name().into()),
            k: k.as_str().into(),
            use_: None,
            sign_from: key.sign_from().map(Timestamp::as_unix_secs),
            verify_until: key.verify_until().map(Timestamp::as_unix_secs),
        });
        let document = RingDocument { keys: keys.collect() };
        // Strings and integers only: there is nothing in it that cannot be written.
        Zeroizing::new(serde_json::to_string(&document).unwrap_or_default())
    }

    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether this is a ring in which the `kid` decides, not a plain secret.
    pub fn kid_decides(&self) -> bool {
        self.kid_decides
    }

    /// Returns the key an issuer signs with: the newest whose time has come. Of
    /// keys of a ring that begin at the same time it is the last one.
    pub fn signing_key(&self, now: Timestamp) -> Option<&Key> {
        let ready = self.keys.iter().filter(|key| key.signs_at(now));
        if self.kid_decides { ready.max_by_key(|key| key.sign_from()) } else { ready.take(1).next() }
    }

    /// Returns the live keys that may have signed a token with that `kid`.
    pub(crate) fn candidates(&self, kid: Option<&str>, now: Timestamp) -> Candidates<'_> {
        let named = kid.and_then(|kid| self.keys.iter().find(|key| key.id() == Some(kid)));
        let live = |key: &&Key| key.verifies_at(now);
        match (kid, named) {
            (Some(_), Some(key)) if self.kid_decides => {
                Candidates { keys: Some(key).filter(live).into_iter().collect(), named: true }
            }
            (Some(_), None) if self.kid_decides => Candidates { keys: Vec::new(), named: false },
            (_, named) => {
                let mut keys: Vec<_> = self.keys.iter().filter(live).collect();
                // Newest first, but the one that the token names before all.
                keys.sort_by_key(|key| {
                    std::cmp::Reverse((named.is_some_and(|named| named.id() == key.id()), key.sign_from()))
                });
                keys.truncate(MAX_TRIALS);
                Candidates { keys, named: false }
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RingDocument<'a> {
    #[serde(borrow)]
    keys: Vec<Jwk<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Jwk<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow, default)]
    alg: Option<Cow<'a, str>>,
    #[serde(borrow)]
    k: Cow<'a, str>,
    #[serde(borrow, default, rename = "use", skip_serializing_if = "Option::is_none")]
    use_: Option<Cow<'a, str>>,
    #[serde(default)]
    sign_from: Option<i64>,
    #[serde(default)]
    verify_until: Option<i64>,
}

impl Jwk<'_> {
    fn to_key(&self) -> Result<Key, String> {
        if self.kty != "oct" {
            return Err("its kty is not oct".into());
        }
        if self.use_.as_ref().is_some_and(|purpose| purpose != "sig") {
            return Err("its use is not sig".into());
        }
        let name = self.alg.as_deref().unwrap_or(Algorithm::HS256.name());
        let algorithm = Algorithm::from_name(name).ok_or("its alg is not HS256, HS384 or HS512")?;
        let secret = BASE64_URL_SAFE_NO_PAD
            .decode(self.k.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| "its k is not base64url without padding")?;
        let times = [self.sign_from, self.verify_until].map(|secs| secs.map(Timestamp::from_unix_secs));
        let [sign_from, verify_until] = times;
        Key::new(Some(self.kid.clone().into_owned()), AlgorithmSet::only(algorithm), &secret)
            .map(|key| key.with_times(sign_from, verify_until))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn key(id: &str, sign_from: Option<i64>, verify_until: Option<i64>) -> Key {
        let at = |secs: Option<i64>| {
            secs.map(|secs| NOW.plus(0).as_unix_secs() + secs).map(Timestamp::from_unix_secs)
        };
        Key::new(Some(id.into()), AlgorithmSet::only(Algorithm::HS256), &[1; 32])
            .unwrap()
            .with_times(at(sign_from), at(verify_until))
    }

    fn tried(ring: &KeyRing, kid: Option<&str>) -> Vec<String> {
        ring.candidates(kid, NOW).keys.iter().map(|key| key.id().unwrap_or("-").to_owned()).collect()
    }

    fn check_fault(json: &str, expected: &Expect) {
        expected.assert_eq(&KeyRing::from_json(json).unwrap_err().to_string());
    }

    #[test]
    fn in_a_ring_the_kid_decides() {
        let ring = KeyRing::new(vec![
            key("old", None, Some(-1)),
            key("a", Some(-10), None),
            key("b", Some(10), None),
        ])
        .unwrap();
        assert_eq!(tried(&ring, Some("a")), ["a"]);
        assert_eq!(tried(&ring, Some("b")), ["b"], "verifies before it signs");
        assert_eq!(tried(&ring, Some("old")), [""; 0], "its time is over");
        assert_eq!(tried(&ring, Some("c")), [""; 0]);
        assert_eq!(tried(&ring, None), ["b", "a"]);
    }

    #[test]
    fn of_a_plain_secret_both_versions_are_tried() {
        let ring = KeyRing::plain(key("v2", None, None), Some(key("v1", None, None)));
        assert_eq!(tried(&ring, None), ["v2", "v1"]);
        assert_eq!(tried(&ring, Some("whatever")), ["v2", "v1"]);
        assert_eq!(tried(&ring, Some("v1")), ["v1", "v2"]);
        assert_eq!(ring.signing_key(NOW).unwrap().id(), Some("v2"));
    }

    #[test]
    fn a_token_without_kid_costs_four_trials_at_most() {
        let ring = KeyRing::new((0..10).map(|n| key(&n.to_string(), Some(-n), None)).collect()).unwrap();
        assert_eq!(tried(&ring, None), ["0", "1", "2", "3"]);
    }

    #[test]
    fn the_newest_key_whose_time_has_come_signs() {
        let ring = KeyRing::new(vec![
            key("first", None, None),
            key("now", Some(0), None),
            key("later", Some(1), None),
        ])
        .unwrap();
        assert_eq!(ring.signing_key(NOW).unwrap().id(), Some("now"));
        assert_eq!(ring.signing_key(NOW.plus(1)).unwrap().id(), Some("later"));
        assert_eq!(ring.signing_key(NOW.minus(1)).unwrap().id(), Some("first"));
    }

    #[test]
    fn a_ring_reads_back_what_it_writes() {
        let ring = KeyRing::new(vec![key("a", None, Some(7)), key("b", Some(3), None)]).unwrap();
        let json = ring.to_json();
        let again = KeyRing::from_json(&json).unwrap();
        assert_eq!(format!("{again:?}"), format!("{ring:?}"));
        assert_eq!(again.to_json(), json);
    }

    #[test]
    fn a_faulty_ring_says_where_and_never_what() {
        let k = BASE64_URL_SAFE_NO_PAD.encode([1; 32]);
        check_fault(r#"{"keys":[]}"#, &expect!["the key ring holds no key"]);
        check_fault(
            r#"{"keys":{}}"#,
            &expect!["the key ring is not a JSON object {\"keys\":[…]} of keys with kty, kid and k"],
        );
        check_fault(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"a","k":"{k}"}},{{"kty":"RSA","kid":"b","k":""}}]}}"#),
            &expect!["key 2 of the ring: its kty is not oct"],
        );
        check_fault(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"a","k":"{k}="}}]}}"#),
            &expect!["key 1 of the ring: its k is not base64url without padding"],
        );
        check_fault(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"a","alg":"HS512","k":"{k}"}}]}}"#),
            &expect!["key 1 of the ring: the secret has 32 bytes, HS512 needs at least 64"],
        );
        check_fault(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"","k":"{k}"}}]}}"#),
            &expect!["key 1 of the ring: a key id is 1 to 256 printable ASCII characters"],
        );
        check_fault(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"a","alg":"none","k":"{k}"}}]}}"#),
            &expect!["key 1 of the ring: its alg is not HS256, HS384 or HS512"],
        );
        check_fault(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"a","use":"enc","k":"{k}"}}]}}"#),
            &expect!["key 1 of the ring: its use is not sig"],
        );
        check_fault(
            &format!(
                r#"{{"keys":[{{"kty":"oct","kid":"a","k":"{k}"}},{{"kty":"oct","kid":"a","k":"{k}"}}]}}"#
            ),
            &expect!["two keys of the ring have the same kid"],
        );
    }
}
