//! How a random secret is kept that is given out once: as its SHA-256.
//!
//! Nobody can guess what was drawn from 80 bits or more, so a fast hash hides
//! it as well as a slow one. A password is another matter.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The hash of a random secret, as it is stored and looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretDigest(String);

impl SecretDigest {
    pub(crate) fn of(secret: &str) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes())))
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
        assert_eq!(SecretDigest::of("abc").as_str(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
}
