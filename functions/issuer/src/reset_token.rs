//! A token with which its holder sets a password once.
//!
//! So that no administrator ever chooses, or knows, a password that is used.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::{
    digest::SecretDigest,
    ids::{NoRandomness, random_bytes},
};

/// How long it is good: a working day, wherever its holder is.
pub(crate) const RESET_TOKEN_SECS: u64 = 86_400;

/// 256 random bits as base64url. Kept as a digest only.
pub(crate) struct ResetToken(Zeroizing<String>);

impl ResetToken {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(random_bytes()?);
        Ok(Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes))))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

impl fmt::Debug for ResetToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_differs_each_time_and_cannot_print_itself() {
        let token = ResetToken::new().unwrap();
        assert_eq!(token.as_str().len(), 43);
        assert_ne!(ResetToken::new().unwrap().as_str(), token.as_str());
        assert_eq!(token.digest(), SecretDigest::of(token.as_str()));
        assert_eq!(format!("{token:?}"), "ResetToken(redacted)");
    }
}
