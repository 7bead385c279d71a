//! A user, and what a new one must look like.
//!
//! Everything here ends up in a token, so it is short and without control
//! characters before it is stored.

use std::fmt;

use token::{Role, Timestamp};

/// The longest username and name in characters.
const MAX_NAME_CHARS: usize = 128;

/// The longest user id in bytes, as verifiers read it.
const MAX_ID_BYTES: usize = 255;

/// The longest e-mail address in bytes (RFC 5321 section 4.5.3.1.3, less the
/// angle brackets).
const MAX_EMAIL_BYTES: usize = 254;

/// A user as stored, without the password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The `sub` of the user's tokens. Never changes, unlike the username.
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
    pub(crate) disabled_at: Option<Timestamp>,
}

/// A username as its owner writes it, and as it is compared. Where it was typed
/// it may be a password that went into the wrong field.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Username {
    shown: String,
    key: String,
}

/// A user id, a name or an e-mail address that no user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("a username has 1 to {MAX_NAME_CHARS} characters, none of them a control character")]
    Username,
    #[error("a name has 1 to {MAX_NAME_CHARS} characters, none of them a control character")]
    Name,
    #[error("an e-mail address has one @ inside, no spaces and at most {MAX_EMAIL_BYTES} bytes")]
    Email,
    #[error(
        "a user id has 1 to {MAX_ID_BYTES} bytes, no control character, and does not begin with consumer:"
    )]
    Id,
}

impl User {
    pub(crate) fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Checks what is not checked by its type.
    pub(crate) fn check(&self) -> Result<(), ProfileError> {
        // A user may not look like a consumer: principal ids would be one.
        let id = is_text(&self.id, MAX_ID_BYTES)
            && self.id.len() <= MAX_ID_BYTES
            && !self.id.starts_with("consumer:");
        if !id {
            return Err(ProfileError::Id);
        }
        let name = |name: &String| is_text(name, MAX_NAME_CHARS);
        if !self.name.as_ref().is_none_or(name) {
            return Err(ProfileError::Name);
        }
        if !self.email.as_deref().is_none_or(is_email) {
            return Err(ProfileError::Email);
        }
        Ok(())
    }
}

impl Username {
    pub(crate) fn parse(text: &str) -> Result<Self, ProfileError> {
        let shown = text.trim();
        if !is_text(shown, MAX_NAME_CHARS) {
            return Err(ProfileError::Username);
        }
        Ok(Self { shown: shown.to_owned(), key: shown.to_lowercase() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.shown
    }

    /// What two spellings of one username have in common.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username(redacted)")
    }
}

fn is_text(text: &str, max_chars: usize) -> bool {
    (1..=max_chars).contains(&text.chars().take(max_chars + 1).count()) && !text.chars().any(char::is_control)
}

/// A look at the shape only: whether mail arrives is for mail to find out.
fn is_email(text: &str) -> bool {
    let clean = |character: char| !character.is_control() && !character.is_whitespace();
    text.len() <= MAX_EMAIL_BYTES
        && text.chars().all(clean)
        && matches!(text.split_once('@'), Some((local, domain))
            if !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_trimmed_and_compared_without_regard_to_case() {
        let name = Username::parse("  Ada ").unwrap();
        assert_eq!(name.as_str(), "Ada");
        assert_eq!(name.key(), Username::parse("ADA").unwrap().key());
        let longest = "ä".repeat(MAX_NAME_CHARS);
        assert!(Username::parse(&longest).is_ok());
        for bad in ["", "   ", "a\u{0}b", "a\nb", &format!("{longest}x")] {
            assert_eq!(Username::parse(bad), Err(ProfileError::Username), "{bad:?}");
        }
    }

    #[test]
    fn what_ends_up_in_a_token_is_checked_first() {
        let user = |id: &str, name: &str, email: &str| User {
            id: id.into(),
            username: "ada".into(),
            name: Some(name.into()),
            email: Some(email.into()),
            role: Role::User,
            created_at: Timestamp::from_unix_secs(0),
            disabled_at: None,
        };
        assert_eq!(user("1", "Ada", "a@b").check(), Ok(()));
        for id in ["", "consumer:shop", "a\u{7}", &"x".repeat(256), &"ä".repeat(128)] {
            assert_eq!(user(id, "Ada", "a@b").check(), Err(ProfileError::Id));
        }
        for name in ["", "a\nb", &"x".repeat(129)] {
            assert_eq!(user("1", name, "a@b").check(), Err(ProfileError::Name));
        }
        for email in ["", "ab", "@b", "a@", "a@b@c", "a @b", &format!("a@{}", "b".repeat(253))] {
            assert_eq!(user("1", "Ada", email).check(), Err(ProfileError::Email));
        }
    }
}
