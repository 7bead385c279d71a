//! How administrators see users.

use serde::Serialize;
use token::{Role, Timestamp};
use utoipa::ToSchema;

use super::password_reset::ResetOffer;
use crate::{reset_token::ResetToken, store::UserDetails};

/// A user. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    id: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    /// `ADMIN`, `SUPERVISOR` or `USER`
    #[schema(value_type = String)]
    role: Role,
    created_at: i64,
    /// `null` for a user who can log in.
    disabled_at: Option<i64>,
    /// When the user last set a password.
    password_changed_at: Option<i64>,
    /// Whether there is a second factor.
    totp: bool,
}

/// A new user, and what sets the password.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewUserAnswer {
    #[serde(flatten)]
    user: UserAnswer,
    #[serde(flatten)]
    offer: ResetOffer,
}

/// A page of users by id.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserList {
    pub(super) data: Vec<UserAnswer>,
    /// Where the next page begins; `null` where this is the last.
    pub(super) offset: Option<String>,
}

impl From<UserDetails> for UserAnswer {
    fn from(details: UserDetails) -> Self {
        let user = details.user;
        Self {
            id: user.id,
            username: user.username,
            name: user.name,
            email: user.email,
            role: user.role,
            created_at: user.created_at.as_unix_secs(),
            disabled_at: user.disabled_at.map(Timestamp::as_unix_secs),
            password_changed_at: details.password_changed_at.map(Timestamp::as_unix_secs),
            totp: details.has_factor,
        }
    }
}

impl NewUserAnswer {
    pub(super) fn new(details: UserDetails, token: &ResetToken) -> Self {
        Self { user: details.into(), offer: ResetOffer::new(token) }
    }
}
