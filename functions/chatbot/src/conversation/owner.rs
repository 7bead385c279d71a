//! Whom a conversation belongs to.

use token::Principal;

use crate::digest::sha256_hex;

/// A principal as the key of all that is theirs.
///
/// The SHA-256 of the id in hex: of one length, with no character that means
/// anything in a key, and no personal data in the keys of a table. Made from a
/// principal only, so that nobody can name another's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner(String);

impl Owner {
    pub(crate) fn of(principal: &Principal) -> Self {
        Self(sha256_hex(principal.id().as_bytes()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
