//! Verifying an access token.
//!
//! The order is the security argument: size, shape and algorithm, then key and
//! signature, and only then claims. Nothing in the payload is read before the
//! signature holds, so every claim that a reason names was written by someone
//! with the key.

use crate::{
    AlgorithmSet, Key, KeyRing, Policy, Principal, Reason, Timestamp, UnverifiedToken, claims::Claims,
};

/// Turns the text of a user's token into a [`Principal`], or says why not.
#[derive(Debug, Clone)]
pub struct Verifier {
    pub algorithms: AlgorithmSet,
    pub policy: Policy,
    /// The longest token in bytes that is looked at.
    pub max_token_bytes: usize,
}

/// Why a token was refused.
///
/// Callers answer every reason the same way, so that a client learns nothing
/// about which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    pub reason: Reason,
    /// Whether a newer key ring might accept this token: its key is unknown
    /// here, or it named none and no key fits.
    pub newer_keys_may_help: bool,
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self { reason, newer_keys_may_help: false }
    }
}

impl Verifier {
    /// Returns who `unverified_token` speaks for at `now`.
    ///
    /// # Errors
    ///
    /// Returns the first reason in the order that the module describes.
    pub fn verify(
        &self,
        unverified_token: &str,
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<Principal, Rejection> {
        let token = UnverifiedToken::parse(unverified_token, self.max_token_bytes)?;
        if !self.algorithms.contains(token.algorithm()) {
            return Err(Reason::Algorithm.into());
        }
        let key = signing_key(&token, keys, now)?;
        let claims = Claims::parse(token.payload)?;
        let accepted = self.policy.check(&claims, now)?;
        Principal::user(claims, accepted, key.id()).ok_or(Rejection::from(Reason::Subject))
    }
}

/// Returns the key that made the signature.
fn signing_key<'k>(
    token: &UnverifiedToken<'_>,
    keys: &'k KeyRing,
    now: Timestamp,
) -> Result<&'k Key, Rejection> {
    let candidates = keys.candidates(token.kid(), now);
    if candidates.keys.is_empty() {
        return Err(Rejection { reason: Reason::UnknownKey, newer_keys_may_help: !candidates.named });
    }
    // RFC 8725 section 3.1: a key serves its own algorithm, whatever the header says.
    let mut fitting =
        candidates.keys.iter().filter(|key| key.algorithms().contains(token.algorithm())).peekable();
    if fitting.peek().is_none() {
        return Err(Reason::Algorithm.into());
    }
    fitting
        .find(|key| key.made(token.signature, token.signing_input, token.algorithm()))
        .copied()
        .ok_or(Rejection { reason: Reason::BadSignature, newer_keys_may_help: !candidates.named })
}
