//! Whom a conversation belongs to.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use token::Principal;

/// A principal as the key of all that is theirs.
///
/// The SHA-256 of the id in hex: of one length, with no character that means
/// anything in a key, and no personal data in the keys of a table. Made from a
/// principal only, so that nobody can name another's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner(String);

impl Owner {
    pub(crate) fn of(principal: &Principal) -> Self {
        let digest = Sha256::digest(principal.id().as_bytes());
        Self(digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _written = write!(text, "{byte:02x}");
            text
        }))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
