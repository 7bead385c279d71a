//! What administrators send about users.

use serde::{Deserialize, Deserializer};
use token::{Role, Timestamp};
use utoipa::ToSchema;

use crate::{
    http::error::ApiError,
    user::{Edit, User, UserChange, Username},
};

/// A new user. There is no password in it: the user sets one with the token in
/// the answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserBody {
    #[schema(min_length = 1)]
    username: String,
    name: Option<String>,
    email: Option<String>,
    /// `ADMIN`, `SUPERVISOR` or `USER`, which it is where it is left out
    #[serde(default = "user")]
    #[schema(value_type = String, pattern = "^(ADMIN|SUPERVISOR|USER)$", required = false)]
    role: Role,
    /// The `sub` of the user's tokens; made up where it is left out
    id: Option<String>,
}

/// What is to be otherwise. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBody {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, required = false)]
    username: Option<String>,
    /// `null` removes it
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, required = false)]
    name: Edit,
    /// `null` removes it
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, required = false)]
    email: Edit,
    /// The user's access tokens end with the old role; a refresh gives the new one
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, pattern = "^(ADMIN|SUPERVISOR|USER)$", required = false)]
    role: Option<Role>,
    /// `true` ends the user's sessions
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    disabled: Option<bool>,
}

impl NewUserBody {
    /// Returns the user and the username in it, with `new_id` where none is given.
    pub(super) fn read(self, new_id: String, now: Timestamp) -> Result<(User, Username), ApiError> {
        let username = Username::parse(&self.username)?;
        let user = User {
            id: self.id.unwrap_or(new_id),
            username: username.as_str().to_owned(),
            name: self.name,
            email: self.email,
            role: self.role,
            created_at: now,
            disabled_at: None,
        };
        user.check()?;
        Ok((user, username))
    }
}

impl ChangeBody {
    pub(super) fn read(self) -> Result<UserChange, ApiError> {
        let change = UserChange {
            username: self.username.as_deref().map(Username::parse).transpose()?,
            name: self.name,
            email: self.email,
            role: self.role,
            disabled: self.disabled,
        };
        change.check()?;
        Ok(change)
    }
}

const fn user() -> Role {
    Role::User
}

fn edit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Edit, D::Error> {
    Ok(Option::deserialize(deserializer)?.map_or(Edit::Remove, Edit::Set))
}

/// Reads a field that may be left out and is not `null` where it is there.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
