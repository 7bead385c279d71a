//! A user, and what a new one must look like.
//!
//! Everything here ends up in a token, so it is short and without control
//! characters before it is stored.

use token::{Role, Timestamp};

pub(crate) use crate::username::Username;

/// The longest username and name in characters.
pub(crate) const MAX_NAME_CHARS: usize = 128;

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

/// What of a user is to be otherwise; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UserChange {
    pub(crate) username: Option<Username>,
    pub(crate) name: Edit,
    pub(crate) email: Edit,
    pub(crate) role: Option<Role>,
    pub(crate) disabled: Option<bool>,
}

/// What becomes of a text that need not be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Edit {
    #[default]
    Keep,
    Remove,
    Set(String),
}

/// A user id, a name or an e-mail address that no user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("a username has 1 to {MAX_NAME_CHARS} characters, all of which can be seen")]
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
        check_profile(self.name.as_deref(), self.email.as_deref())
    }

    /// Whether it is an administrator who can log in.
    pub(crate) fn is_administrator(&self) -> bool {
        self.role == Role::Admin && self.is_enabled()
    }
}

impl UserChange {
    /// Checks what is not checked by its type.
    pub(crate) fn check(&self) -> Result<(), ProfileError> {
        check_profile(self.name.applied_to(None), self.email.applied_to(None))
    }

    pub(crate) fn may_end_an_administrator(&self) -> bool {
        self.role.is_some_and(|role| role != Role::Admin) || self.disabled == Some(true)
    }

    pub(crate) fn applied_to(&self, user: &User, now: Timestamp) -> User {
        let username = self.username.as_ref().map(|username| username.as_str().to_owned());
        User {
            id: user.id.clone(),
            username: username.unwrap_or_else(|| user.username.clone()),
            name: self.name.applied_to(user.name.as_deref()).map(str::to_owned),
            email: self.email.applied_to(user.email.as_deref()).map(str::to_owned),
            role: self.role.unwrap_or(user.role),
            created_at: user.created_at,
            disabled_at: match self.disabled {
                Some(true) => user.disabled_at.or(Some(now)),
                Some(false) => None,
                None => user.disabled_at,
            },
        }
    }
}

impl Edit {
    fn applied_to<'a>(&'a self, text: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Keep => text,
            Self::Remove => None,
            Self::Set(text) => Some(text),
        }
    }
}

fn check_profile(name: Option<&str>, email: Option<&str>) -> Result<(), ProfileError> {
    if !name.is_none_or(|name| is_text(name, MAX_NAME_CHARS)) {
        return Err(ProfileError::Name);
    }
    if !email.is_none_or(is_email) {
        return Err(ProfileError::Email);
    }
    Ok(())
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
    fn a_change_leaves_what_it_does_not_name() {
        let at = Timestamp::from_unix_secs;
        let ada = User {
            id: "1".into(),
            username: "ada".into(),
            name: Some("Ada".into()),
            email: Some("a@b".into()),
            role: Role::Admin,
            created_at: at(0),
            disabled_at: None,
        };
        assert_eq!(UserChange::default().applied_to(&ada, at(9)), ada);
        let change = UserChange {
            username: Some(Username::parse(" Grace ").unwrap()),
            name: Edit::Remove,
            email: Edit::Set("c@d".into()),
            disabled: Some(true),
            ..UserChange::default()
        };
        let changed = change.applied_to(&ada, at(9));
        let expected = User {
            username: "Grace".into(),
            name: None,
            email: Some("c@d".into()),
            disabled_at: Some(at(9)),
            ..ada.clone()
        };
        assert_eq!(changed, expected);
        assert_eq!(change.applied_to(&changed, at(10)), expected, "disabled since then");
        let enabled = UserChange { disabled: Some(false), ..UserChange::default() };
        assert!(enabled.applied_to(&changed, at(10)).is_administrator());
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
