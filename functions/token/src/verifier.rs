//! Verifying an access token, a user's or a consumer's.
//!
//! The order is the security argument: size, shape and algorithm, then key and
//! signature, and only then claims. Nothing in the payload is believed before
//! the signature holds, so every claim that a reason names was written by
//! someone with the key.

use crate::{
    AlgorithmSet, Credential, Key, KeyRing, Policy, Principal, Reason, Timestamp, UnverifiedToken,
    claims::Claims, consumer_claims::ConsumerClaims,
};

/// Turns the text of a token into a [`Principal`], or says why not.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// For users' tokens; a consumer's must have its credential's.
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
        let known_header = |encoded: &str| keys.keys().iter().find_map(|key| key.known_header(encoded));
        let token = UnverifiedToken::parse_with(unverified_token, self.max_token_bytes, known_header)?;
        if !self.algorithms.contains(token.algorithm()) {
            return Err(Reason::Algorithm.into());
        }
        let key = signing_key(&token, keys, now)?;
        key.keep_header(&token);
        let claims = Claims::parse(&token.payload)?;
        let accepted = self.policy.check(&claims, now)?;
        Principal::user(claims, accepted, key.id()).ok_or(Rejection::from(Reason::Subject))
    }

    /// Returns the consumer that `unverified_token` speaks for at `now`, where it
    /// was made with `credential`.
    ///
    /// Of its claims only `iss` (or `kid`), `exp`, `nbf`, `iat`, `jti`, and where
    /// there are any `aud` and `type`, are looked at: a consumer signs what it
    /// likes, so who it is and what it may do is the credential's to say.
    ///
    /// # Errors
    ///
    /// Returns the first reason in the order that the module describes. That a
    /// credential is disabled is told only to whoever holds its key.
    pub fn verify_consumer(
        &self,
        unverified_token: &str,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Principal, Rejection> {
        let token = UnverifiedToken::parse(unverified_token, self.max_token_bytes)?;
        if token.algorithm() != credential.algorithm() {
            return Err(Reason::Algorithm.into());
        }
        let mut secrets = credential.live_secrets(now).peekable();
        if secrets.peek().is_none() {
            return Err(Reason::UnknownKey.into());
        }
        if !secrets.any(|secret| secret.made(token.signature, token.signing_input, token.algorithm())) {
            return Err(Reason::BadSignature.into());
        }
        // Two consumers may have chosen the same secret (Kong allows it), and a
        // caller may have looked up the wrong credential.
        if token.key_claim()?.is_none_or(|claim| claim.key() != credential.key()) {
            return Err(Reason::Issuer.into());
        }
        if !credential.is_enabled() {
            return Err(Reason::ConsumerDisabled.into());
        }
        let claims = ConsumerClaims::parse(&token.payload)?;
        let exp = self.policy.check_consumer(&claims, credential, now)?;
        Ok(Principal::consumer(credential, claims, exp))
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
