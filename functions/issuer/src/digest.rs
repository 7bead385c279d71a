//! How a random secret is kept that is given out once: as its SHA-256.
//!
//! Nobody can guess what was drawn from 80 bits or more, so a fast hash hides
//! it as well as a slow one. A password is another matter.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The hash of a random secret, as it is stored and looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretDigest(String);

impl SecretDigest {
    pub(crate) fn of(secret: &str) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes())))
    }

    pub(crate) fn from_database(text: String) -> Self {
        Self(text)
    }

    /// Whether this is the digest of `secret`. Takes the same time for any
    /// other, however alike.
    pub(crate) fn is_of(&self, secret: &str) -> bool {
        Self::of(secret).0.as_bytes().ct_eq(self.0.as_bytes()).into()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_sha_256_of_the_text() {
        // FIPS 180-2, appendix B.1.
        let digest = SecretDigest::of("abc");
        assert_eq!(digest.as_str(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert!(digest.is_of("abc"));
        assert!(!digest.is_of("abd") && !SecretDigest::from_database(String::new()).is_of("abc"));
    }
}
