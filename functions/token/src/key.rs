//! One shared secret, with its name and the time it is good for.
//!
//! The bytes live inside `jsonwebtoken`'s key type, which wipes them when it is
//! dropped, and nothing here prints them.

use std::{fmt, sync::OnceLock};

use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::{Algorithm, AlgorithmSet, Timestamp, UnverifiedToken, compact::Header, hmac_provider};

/// The longest key id that is looked up, in bytes.
pub(crate) const MAX_KID_BYTES: usize = 256;

/// A secret shared by issuer and verifier.
#[derive(Clone)]
pub struct Key {
    id: Option<String>,
    algorithms: AlgorithmSet,
    secret: DecodingKey,
    sign_from: Option<Timestamp>,
    verify_until: Option<Timestamp>,
    /// The header of the first token that this key made: an issuer writes the same
    /// in each. What a header says follows from its text alone, so that the same
    /// text need not be read again.
    header: OnceLock<(String, Header)>,
}

/// Why bytes cannot be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// RFC 7518 section 3.2.
    #[error("the secret has {have} bytes, {algorithm} needs at least {need}")]
    TooShort { algorithm: Algorithm, have: usize, need: usize },
    #[error("a key id is 1 to {MAX_KID_BYTES} printable ASCII characters")]
    KeyId,
}

impl Key {
    /// Returns a key that signs and verifies at once and for ever.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] where the secret is too short for one of the
    /// algorithms, [`KeyError::KeyId`] where the id is not printable.
    pub fn new(id: Option<String>, algorithms: AlgorithmSet, secret: &[u8]) -> Result<Self, KeyError> {
        if id.as_deref().is_some_and(|id| !is_key_id(id)) {
            return Err(KeyError::KeyId);
        }
        for algorithm in algorithms.iter() {
            let (have, need) = (secret.len(), algorithm.min_secret_bytes());
            if have < need {
                return Err(KeyError::TooShort { algorithm, have, need });
            }
        }
        let secret = DecodingKey::from_secret(secret);
        Ok(Self { id, algorithms, secret, sign_from: None, verify_until: None, header: OnceLock::new() })
    }

    /// Limits the time in which this key signs (from) and verifies (until).
    #[must_use]
    pub fn with_times(self, sign_from: Option<Timestamp>, verify_until: Option<Timestamp>) -> Self {
        Self { sign_from, verify_until, ..self }
    }

    /// Names a key that had no name, or another one.
    ///
    /// # Errors
    ///
    /// [`KeyError::KeyId`] where the id is not printable.
    pub(crate) fn with_id(self, id: String) -> Result<Self, KeyError> {
        if is_key_id(&id) { Ok(Self { id: Some(id), ..self }) } else { Err(KeyError::KeyId) }
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn algorithms(&self) -> AlgorithmSet {
        self.algorithms
    }

    /// From when on an issuer signs with this key; `None`: always.
    pub fn sign_from(&self) -> Option<Timestamp> {
        self.sign_from
    }

    /// The last second in which this key verifies; `None`: for ever.
    pub fn verify_until(&self) -> Option<Timestamp> {
        self.verify_until
    }

    pub fn verifies_at(&self, now: Timestamp) -> bool {
        self.verify_until.is_none_or(|until| now <= until)
    }

    pub fn signs_at(&self, now: Timestamp) -> bool {
        self.sign_from.is_none_or(|from| from <= now) && self.verifies_at(now)
    }

    /// Whether this key made `signature` (base64url) over `signing_input`.
    pub(crate) fn made(&self, signature: &str, signing_input: &str, algorithm: Algorithm) -> bool {
        hmac_provider::install();
        jsonwebtoken::crypto::verify(
            signature,
            signing_input.as_bytes(),
            &self.secret,
            algorithm.for_jsonwebtoken(),
        )
        .unwrap_or(false)
    }

    /// Keeps the header of a token that this key made.
    pub(crate) fn keep_header(&self, token: &UnverifiedToken<'_>) {
        self.header.get_or_init(|| (token.encoded_header.to_owned(), token.header.clone().into_owned()));
    }

    /// Returns what `encoded` says where it is the header that was kept.
    pub(crate) fn known_header(&self, encoded: &str) -> Option<&Header> {
        self.header.get().filter(|(known, _)| known == encoded).map(|(_, header)| header)
    }

    pub(crate) fn for_signing(&self) -> EncodingKey {
        hmac_provider::install();
        EncodingKey::from_secret(self.secret_bytes())
    }

    /// Whether both keys have the same secret.
    ///
    /// Not in constant time: for whoever holds both secrets anyway.
    pub fn has_secret_of(&self, other: &Self) -> bool {
        self.secret_bytes() == other.secret_bytes()
    }

    /// The bytes of the secret, for whoever writes a ring back to its store.
    pub(crate) fn secret_bytes(&self) -> &[u8] {
        self.secret.try_get_as_bytes().unwrap_or_default()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("sign_from", &self.sign_from)
            .field("verify_until", &self.verify_until)
            .field("secret", &"redacted")
            .finish_non_exhaustive()
    }
}

pub(crate) fn is_key_id(id: &str) -> bool {
    (1..=MAX_KID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_secret_cannot_print_itself() {
        let key = Key::new(Some("k1".into()), AlgorithmSet::only(Algorithm::HS256), &[b'x'; 32]).unwrap();
        expect![[r#"Key { id: Some("k1"), sign_from: None, verify_until: None, secret: "redacted", .. }"#]]
            .assert_eq(&format!("{key:?}"));
    }

    #[test]
    fn a_short_secret_names_both_lengths() {
        let all = AlgorithmSet::parse("HS256,HS384,HS512").unwrap();
        for (length, expected) in [
            (26, "the secret has 26 bytes, HS256 needs at least 32"),
            (40, "the secret has 40 bytes, HS384 needs at least 48"),
            (63, "the secret has 63 bytes, HS512 needs at least 64"),
        ] {
            let error = Key::new(None, all, &vec![1; length]).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        assert!(Key::new(None, all, &[1; 64]).is_ok());
    }

    #[test]
    fn a_key_verifies_up_to_and_including_its_last_second() {
        let at = Timestamp::from_unix_secs;
        let key = Key::new(None, AlgorithmSet::only(Algorithm::HS256), &[1; 32])
            .unwrap()
            .with_times(Some(at(100)), Some(at(200)));
        assert!(!key.signs_at(at(99)) && key.signs_at(at(100)));
        assert!(key.verifies_at(at(50)), "known before it signs");
        assert!(key.verifies_at(at(200)) && !key.verifies_at(at(201)));
    }
}
