//! A user from elsewhere, as one line of JSON.
//!
//! What is wrong about a line is said in words from here, never in the line's
//! own: it holds a password hash, and a damaged line may hold it anywhere.

use serde::Deserialize;
use token::{Role, Timestamp};

use crate::{
    ids::{NoRandomness, new_id},
    password_hash::{HashRefused, StoredHash},
    user::{ProfileError, User, Username},
};

/// A user that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedUser {
    pub(crate) user: User,
    pub(crate) username: Username,
    pub(crate) hash: StoredHash,
    /// Whether the line names the id, or it was made up here.
    pub(crate) id_is_given: bool,
}

/// Why a line was not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineRefused {
    #[error("it is longer than any user can be")]
    TooLong,
    #[error("it is not JSON")]
    NotJson,
    #[error(
        "it is not an object of username and password_hash and, where there are any, id, name, email, role \
         (texts) and disabled (true or false)"
    )]
    Members,
    #[error("a role is ADMIN, SUPERVISOR or USER")]
    Role,
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Hash(#[from] HashRefused),
    #[error("there is a user of that name already, spelt differently or with another id")]
    UsernameTaken,
    #[error("there is a user of that id already, with another name")]
    IdTaken,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: Option<String>,
    username: String,
    name: Option<String>,
    email: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
    password_hash: String,
}

impl ImportedUser {
    pub(crate) fn read(line: &[u8], now: Timestamp) -> Result<Self, LineRefused> {
        let line: Line = serde_json::from_slice(line).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => LineRefused::Members,
            _ => LineRefused::NotJson,
        })?;
        let username = Username::parse(&line.username)?;
        // Exports have empty texts where there is nothing.
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let role = text(line.role).map_or(Some(Role::User), |name| Role::from_name(&name));
        let id = text(line.id);
        let id_is_given = id.is_some();
        let user = User {
            id: id.map_or_else(|| new_id(now), Ok)?,
            username: username.as_str().to_owned(),
            name: text(line.name),
            email: text(line.email),
            role: role.ok_or(LineRefused::Role)?,
            created_at: now,
            disabled_at: line.disabled.unwrap_or(false).then_some(now),
        };
        user.check()?;
        let hash = StoredHash::from_elsewhere(&line.password_hash)?;
        Ok(Self { user, username, hash, id_is_given })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
    const HASH: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    fn read(line: &Value) -> Result<ImportedUser, LineRefused> {
        ImportedUser::read(line.to_string().as_bytes(), NOW)
    }

    #[test]
    fn a_name_and_a_hash_are_enough() {
        let read =
            read(&json!({"username": " Ada ", "password_hash": HASH, "name": "", "id": null})).unwrap();
        assert_eq!(read.user.username, "Ada");
        assert_eq!(read.user.id.len(), 36);
        assert_eq!((read.user.role, read.user.name, read.user.disabled_at), (Role::User, None, None));
        assert!(!read.id_is_given);
    }

    #[test]
    fn all_that_a_user_has_is_taken_over() {
        let read = read(&json!({
            "id": "7", "username": "ada", "name": "Ada L.", "email": "ada@example.com", "role": "admin",
            "disabled": true, "password_hash": HASH,
        }));
        let read = read.unwrap();
        let user = User {
            id: "7".into(),
            username: "ada".into(),
            name: Some("Ada L.".into()),
            email: Some("ada@example.com".into()),
            role: Role::Admin,
            created_at: NOW,
            disabled_at: Some(NOW),
        };
        assert_eq!(read.user, user);
        assert_eq!(read.hash.as_str(), HASH);
        assert!(read.id_is_given);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_line() {
        let with = |name: &str, value: Value| {
            let mut line = json!({"username": "ada", "password_hash": HASH});
            line[name] = value;
            read(&line).unwrap_err()
        };
        assert_eq!(with("usrname", json!("x")), LineRefused::Members);
        assert_eq!(with("id", json!(7)), LineRefused::Members);
        assert_eq!(with("disabled", json!("no")), LineRefused::Members);
        assert_eq!(with("role", json!("root")), LineRefused::Role);
        assert_eq!(with("id", json!("consumer:x")), LineRefused::Profile(ProfileError::Id));
        assert_eq!(with("email", json!("x")), LineRefused::Profile(ProfileError::Email));
        assert_eq!(with("username", json!("\u{202e}ada")), LineRefused::Profile(ProfileError::Username));
        assert_eq!(with("password_hash", json!("secret")), LineRefused::Hash(HashRefused::Unknown));
        let damaged = format!("{{\"username\":\"ada\",\"password_hash\":\"{HASH}");
        for (line, refused) in [
            (damaged.as_bytes(), LineRefused::NotJson),
            (b"\xff", LineRefused::NotJson),
            (b"[]", LineRefused::Members),
            (b"{}", LineRefused::Members),
            (b"\"x\"", LineRefused::Members),
        ] {
            let error = ImportedUser::read(line, NOW).unwrap_err();
            assert_eq!(error, refused);
            assert!(!error.to_string().contains("$2a$"));
        }
    }
}
