//! What may become a password.
//!
//! Length decides, composition does not, and what everybody tries first is
//! refused (OWASP ASVS 5.0, 6.2.1 to 6.2.12). Nothing is cut off or changed: the
//! bytes that were typed are the bytes that are hashed.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    guessable::guessable,
    password_hash::{HashError, HashMemory, StoredHash},
    user::User,
};

/// The shortest password in characters. 15 are advised.
const MIN_CHARS: usize = 8;

/// The longest password in bytes that is looked at, at login as well: the time
/// of a hash must not depend on the patience of whoever sends it.
pub(crate) const MAX_PASSWORD_BYTES: usize = 1024;

/// The shortest name that is looked for in a password.
const MIN_NAME_CHARS: usize = 3;

/// A password that may be stored, as a hash.
pub(crate) struct NewPassword(Zeroizing<String>);

/// Why a password was refused. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub(crate) enum PasswordRefused {
    TooShort,
    TooLong,
    Common,
    Repetition,
    Sequence,
    Date,
    Personal,
}

impl PasswordRefused {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::TooShort => "a password has at least 8 characters; 15 or more are advised",
            Self::TooLong => "a password has at most 1024 bytes",
            Self::Common => "this password is among the first that are guessed",
            Self::Repetition => "a password must not repeat the same few characters",
            Self::Sequence => "a password must not be made of rows of the alphabet or the keyboard",
            Self::Date => "a password must not be a date",
            Self::Personal => {
                "a password has at least 8 characters beside the username and the e-mail address"
            }
        }
    }
}

impl NewPassword {
    /// Takes `text` for the password of `owner`.
    pub(crate) fn parse(text: Zeroizing<String>, owner: &User) -> Result<Self, PasswordRefused> {
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordRefused::TooLong);
        }
        if text.chars().count() < MIN_CHARS {
            return Err(PasswordRefused::TooShort);
        }
        let lower = Zeroizing::new(text.to_lowercase());
        if let Some(refused) = guessable(&lower) {
            return Err(refused);
        }
        if is_personal(&lower, owner) {
            return Err(PasswordRefused::Personal);
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

/// Whether too little is left, or something that is guessed first, once what
/// everybody knows about the owner is taken out.
fn is_personal(lower: &str, owner: &User) -> bool {
    let local_part = owner.email.as_deref().and_then(|email| email.split('@').next());
    let names = [Some(owner.username.as_str()), local_part].into_iter().flatten();
    names.map(str::to_lowercase).filter(|name| name.chars().count() >= MIN_NAME_CHARS).any(|name| {
        let rest = Zeroizing::new(lower.replace(&name, ""));
        *rest != lower && (rest.chars().count() < MIN_CHARS || guessable(&rest).is_some())
    })
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use token::{Role, Timestamp};

    use super::*;

    fn ada() -> User {
        User {
            id: "1".into(),
            username: "Ada".into(),
            name: Some("Ada L.".into()),
            email: Some("a.lovelace@example.com".into()),
            role: Role::User,
            created_at: Timestamp::from_unix_secs(0),
            disabled_at: None,
        }
    }

    fn refused(text: &str) -> Option<PasswordRefused> {
        NewPassword::parse(Zeroizing::new(text.to_owned()), &ada()).err()
    }

    #[test]
    fn length_decides_and_composition_does_not() {
        assert_eq!(refused("only lower case words"), None);
        assert_eq!(refused("пароль без цифр"), None);
        assert_eq!(refused("a  b   c"), None, "spaces count");
        assert_eq!(refused("seven77"), Some(PasswordRefused::TooShort));
        assert_eq!(refused("äöüßéñåø"), None, "characters count, not bytes");
        assert_eq!(refused("äöüßéñå"), Some(PasswordRefused::TooShort));
        let long = "a horse, a battery and a staple ".repeat(32);
        assert_eq!((long.len(), refused(&long)), (1024, None));
        assert_eq!(refused(&format!("{long}x")), Some(PasswordRefused::TooLong));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in ["password", "PassWord1", "iloveyou1"] {
            assert_eq!(refused(common), Some(PasswordRefused::Common), "{common}");
        }
        assert_eq!(refused("12345678"), Some(PasswordRefused::Sequence));
        assert_eq!(refused("19840217"), Some(PasswordRefused::Date));
        assert_eq!(refused("         "), Some(PasswordRefused::Repetition));
    }

    #[test]
    fn what_everybody_knows_about_the_owner_does_not_count() {
        for personal in
            ["Ada-2!x7", "adaadaada1", "ADA12345678", "a.lovelace#1", "xA.LoveLacex", "ada password"]
        {
            assert_eq!(refused(personal), Some(PasswordRefused::Personal), "{personal}");
        }
        for good in ["canada geese fly", "ada has a long secret", "lovelace and babbage"] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[test]
    fn a_refusal_names_the_limits_that_there_are() {
        assert!(PasswordRefused::TooShort.to_string().contains(&MIN_CHARS.to_string()));
        assert!(PasswordRefused::TooLong.to_string().contains(&MAX_PASSWORD_BYTES.to_string()));
    }

    #[test]
    fn a_password_cannot_print_itself() {
        let password = NewPassword::parse(Zeroizing::new("correct horse".to_owned()), &ada()).unwrap();
        assert_eq!(format!("{password:?}"), "NewPassword(redacted)");
    }
}
