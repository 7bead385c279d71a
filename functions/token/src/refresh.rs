//! Refresh tokens: signed with the issuer's own key, never with the shared one.
//!
//! Whoever holds the shared secret can mint access tokens; only the issuer can
//! mint these. The token id is a keyed hash of session and generation, so the
//! database needs to keep a counter and no token, and the same pair can be made
//! again for a client whose answer was lost.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    Algorithm, AlgorithmSet, Key, KeyError, Timestamp, UnverifiedToken, claims::Claims, minter::sign,
};

/// The longest refresh token in bytes that is looked at.
const MAX_BYTES: usize = 4096;

/// The issuer's own key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RefreshKey {
    bytes: Vec<u8>,
}

/// What a refresh token grants: the next pair of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshGrant {
    pub sub: String,
    pub sid: String,
    /// How often the session has been refreshed before this token.
    pub generation: u64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A refresh token opens nothing. Without detail, for the client as for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the refresh token is not valid")]
pub struct RefreshRefused;

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    sid: &'a str,
    /// The generation in clear; `jti` proves that it was written by this issuer
    /// for this session.
    #[serde(rename = "gen")]
    generation: String,
    jti: String,
    #[serde(rename = "type")]
    token_type: &'static str,
    iat: i64,
    exp: i64,
}

impl RefreshKey {
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        Key::new(None, AlgorithmSet::only(Algorithm::HS256), bytes)?;
        Ok(Self { bytes: bytes.to_vec() })
    }

    /// Signs `grant` for `issuer`, which is the audience as well. The same grant
    /// gives the same token.
    pub fn mint(&self, issuer: &str, grant: &RefreshGrant) -> Option<String> {
        let payload = Payload {
            iss: issuer,
            aud: issuer,
            sub: &grant.sub,
            sid: &grant.sid,
            generation: grant.generation.to_string(),
            jti: self.jti(&grant.sid, grant.generation),
            token_type: "refresh",
            iat: grant.issued_at.as_unix_secs(),
            exp: grant.expires_at.as_unix_secs(),
        };
        sign(&payload, &self.key()?).ok()
    }

    /// Returns what `unverified_token` grants. Whether its generation is the
    /// current one of its session is for the caller to decide.
    ///
    /// # Errors
    ///
    /// [`RefreshRefused`] where it is not a refresh token of this issuer, or its
    /// time is over.
    pub fn verify(
        &self,
        unverified_token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<RefreshGrant, RefreshRefused> {
        self.read(unverified_token, issuer).filter(|grant| now < grant.expires_at).ok_or(RefreshRefused)
    }

    fn read(&self, unverified_token: &str, issuer: &str) -> Option<RefreshGrant> {
        let token = UnverifiedToken::parse(unverified_token, MAX_BYTES).ok()?;
        if token.algorithm() != Algorithm::HS256
            || !self.key()?.made(token.signature, token.signing_input, Algorithm::HS256)
        {
            return None;
        }
        let claims = Claims::parse(&token.payload).ok()?;
        let (sub, sid) = (claims.sub?.into_owned(), claims.sid?.into_owned());
        let generation = generation(&token.payload)?;
        let ours = claims.iss.as_deref() == Some(issuer)
            && claims.aud == [issuer]
            && claims.token_type.as_deref() == Some("refresh")
            && claims.jti? == self.jti(&sid, generation);
        let (issued_at, expires_at) = (claims.times.iat?, claims.times.exp?);
        ours.then_some(RefreshGrant { sub, sid, generation, issued_at, expires_at })
    }

    /// Returns 128 bits that only this issuer can compute for one session,
    /// generation and `purpose`.
    pub fn derived_bytes(&self, purpose: &str, sid: &str, generation: u64) -> [u8; 16] {
        let mut derived = [0; 16];
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.bytes) else {
            return derived;
        };
        let tag = mac
            .chain_update(purpose.as_bytes())
            .chain_update([0])
            .chain_update(generation.to_be_bytes())
            .chain_update(sid.as_bytes())
            .finalize()
            .into_bytes();
        derived.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        derived
    }

    fn jti(&self, sid: &str, generation: u64) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.derived_bytes("refresh jti", sid, generation))
    }

    fn key(&self) -> Option<Key> {
        Key::new(None, AlgorithmSet::only(Algorithm::HS256), &self.bytes).ok()
    }
}

fn generation(payload: &[u8]) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct Generation {
        r#gen: String,
    }
    serde_json::from_slice::<Generation>(payload).ok()?.r#gen.parse().ok()
}

impl fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://auth.example.com";
    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn grant() -> RefreshGrant {
        RefreshGrant {
            sub: "123456".into(),
            sid: "s1".into(),
            generation: 7,
            issued_at: NOON,
            expires_at: NOON.plus(3600),
        }
    }

    fn key(byte: u8) -> RefreshKey {
        RefreshKey::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_grant_is_read_back_and_made_again_to_the_letter() {
        let token = key(1).mint(ISSUER, &grant()).unwrap();
        assert_eq!(key(1).verify(&token, ISSUER, NOON), Ok(grant()));
        assert_eq!(key(1).mint(ISSUER, &grant()).unwrap(), token);
    }

    #[test]
    fn nobody_else_can_make_one() {
        let token = key(1).mint(ISSUER, &grant()).unwrap();
        assert_eq!(key(2).verify(&token, ISSUER, NOON), Err(RefreshRefused), "another key");
        assert_eq!(key(1).verify(&token, "https://other", NOON), Err(RefreshRefused), "another issuer");
        assert_eq!(key(1).verify(&token, ISSUER, NOON.plus(3600)), Err(RefreshRefused), "its time is over");
        assert_eq!(key(1).verify("a.b.c", ISSUER, NOON), Err(RefreshRefused));
    }

    #[test]
    fn the_key_cannot_print_itself() {
        assert_eq!(format!("{:?}", key(1)), "RefreshKey(redacted)");
    }
}
