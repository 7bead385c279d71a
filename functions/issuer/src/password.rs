//! What may become a password.
//!
//! Length decides, composition does not, and what everybody tries first is
//! refused (OWASP ASVS 5.0, 6.2.1 to 6.2.12). Nothing is cut off or changed: the
//! bytes that were typed are the bytes that are hashed.

use std::fmt;

use zeroize::Zeroizing;

use crate::password_hash::{HashError, HashMemory, StoredHash};

/// The shortest password in characters. 15 are advised.
const MIN_CHARS: usize = 8;

/// The longest password in bytes that is looked at, at login as well: the time
/// of a hash must not depend on the patience of whoever sends it.
pub(crate) const MAX_PASSWORD_BYTES: usize = 1024;

/// The passwords of at least [`MIN_CHARS`] characters that are guessed first,
/// in lower case, one per line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that may be stored, as a hash.
pub(crate) struct NewPassword(Zeroizing<String>);

/// Why a password was refused. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub(crate) enum PasswordRefused {
    TooShort,
    TooLong,
    Common,
}

impl PasswordRefused {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::TooShort => "a password has at least 8 characters; 15 or more are advised",
            Self::TooLong => "a password has at most 1024 bytes",
            Self::Common => "this password is among the first that are guessed",
        }
    }
}

impl NewPassword {
    pub(crate) fn parse(text: Zeroizing<String>) -> Result<Self, PasswordRefused> {
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordRefused::TooLong);
        }
        if text.chars().count() < MIN_CHARS {
            return Err(PasswordRefused::TooShort);
        }
        let lower = Zeroizing::new(text.to_lowercase());
        if COMMON.lines().any(|common| common == lower.as_str()) {
            return Err(PasswordRefused::Common);
        }
        Ok(Self(text))
    }

    /// Hashes it, on the thread that calls.
    pub(crate) fn hash(&self) -> Result<StoredHash, HashError> {
        self.hash_with(&mut HashMemory::default())
    }

    pub(crate) fn hash_with(&self, memory: &mut HashMemory) -> Result<StoredHash, HashError> {
        StoredHash::of(self.0.as_bytes(), memory)
    }

    /// Whether it is `text`, which whoever asks knows as well.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0.as_str() == text
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<PasswordRefused> {
        NewPassword::parse(Zeroizing::new(text.to_owned())).err()
    }

    #[test]
    fn length_decides_and_composition_does_not() {
        assert_eq!(refused("only lower case words"), None);
        assert_eq!(refused("пароль без цифр"), None);
        assert_eq!(refused("        x"), None, "spaces count");
        assert_eq!(refused("seven77"), Some(PasswordRefused::TooShort));
        assert_eq!(refused("ääääääää"), None, "characters count, not bytes");
        assert_eq!(refused(&"x".repeat(1024)), None);
        assert_eq!(refused(&"x".repeat(1025)), Some(PasswordRefused::TooLong));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in ["password", "PassWord1", "12345678", "qwertyuiop", "iloveyou1"] {
            assert_eq!(refused(common), Some(PasswordRefused::Common), "{common}");
        }
    }

    #[test]
    fn the_list_holds_what_the_length_rule_lets_through() {
        for common in COMMON.lines() {
            assert!(common.chars().count() >= MIN_CHARS, "{common}");
            assert_eq!(common, common.to_lowercase());
        }
        assert!(COMMON.lines().count() >= 300);
    }

    #[test]
    fn a_refusal_names_the_limits_that_there_are() {
        assert!(PasswordRefused::TooShort.to_string().contains(&MIN_CHARS.to_string()));
        assert!(PasswordRefused::TooLong.to_string().contains(&MAX_PASSWORD_BYTES.to_string()));
    }

    #[test]
    fn a_password_cannot_print_itself() {
        let password = NewPassword::parse(Zeroizing::new("correct horse".to_owned())).unwrap();
        assert_eq!(format!("{password:?}"), "NewPassword(redacted)");
    }
}
