//! Users as administrators see them.

use sqlx::FromRow;
use token::Timestamp;

use super::{Store, StoreError, users::UserRow};
use crate::user::{User, Username};

/// A user and what there is to know besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserDetails {
    pub(crate) user: User,
    pub(crate) password_changed_at: Option<Timestamp>,
    /// Whether there is a confirmed second factor.
    pub(crate) has_factor: bool,
}

#[derive(FromRow)]
struct DetailsRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_changed_at: Option<i64>,
    factors: i64,
}

impl DetailsRow {
    fn read(self) -> Result<UserDetails, StoreError> {
        Ok(UserDetails {
            user: self.user.read()?,
            password_changed_at: self.password_changed_at.map(Timestamp::from_unix_secs),
            has_factor: self.factors > 0,
        })
    }
}

impl Store {
    pub(crate) async fn user(&self, id: &str) -> Result<Option<UserDetails>, StoreError> {
        let row: Option<DetailsRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, created_at, disabled_at, password_changed_at, \
             (SELECT COUNT(*) FROM totp_factors WHERE user_id = users.id AND confirmed_at IS NOT NULL) \
             AS factors FROM users WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        row.map(DetailsRow::read).transpose()
    }

    pub(crate) async fn user_of_name(&self, username: &Username) -> Result<Option<UserDetails>, StoreError> {
        let row: Option<DetailsRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, created_at, disabled_at, password_changed_at, \
             (SELECT COUNT(*) FROM totp_factors WHERE user_id = users.id AND confirmed_at IS NOT NULL) \
             AS factors FROM users WHERE username_key = $1",
        )
        .bind(username.key())
        .fetch_optional(&self.pool)
        .await?;
        row.map(DetailsRow::read).transpose()
    }

    /// Returns up to `limit` users by id, those after `after`. No id is empty,
    /// so the empty text comes before them all.
    pub(crate) async fn users_after(&self, after: &str, limit: u32) -> Result<Vec<UserDetails>, StoreError> {
        let rows: Vec<DetailsRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, created_at, disabled_at, password_changed_at, \
             (SELECT COUNT(*) FROM totp_factors WHERE user_id = users.id AND confirmed_at IS NOT NULL) \
             AS factors FROM users WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(DetailsRow::read).collect()
    }
}
