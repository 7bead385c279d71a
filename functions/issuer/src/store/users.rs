//! Users in the database.

use sqlx::FromRow;
use token::{Role, Timestamp};

use super::{Store, StoreError, Writing, audit::add_event, password_resets::insert_reset};
use crate::{
    audit::AuditEvent,
    digest::SecretDigest,
    password_hash::StoredHash,
    user::{User, Username},
};

/// A user and the hash of the user's password.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) user: User,
    pub(crate) hash: StoredHash,
}

/// Why a user was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddUserError {
    #[error("there is a user of that name already")]
    UsernameTaken,
    #[error("there is a user of that id already")]
    IdTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(FromRow)]
pub(super) struct UserRow {
    id: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    role: String,
    created_at: i64,
    disabled_at: Option<i64>,
}

#[derive(FromRow)]
pub(super) struct CredentialsRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: String,
}

impl CredentialsRow {
    pub(super) fn read(self) -> Result<Credentials, StoreError> {
        Ok(Credentials { user: self.user.read()?, hash: StoredHash::from_database(self.password_hash) })
    }
}

impl UserRow {
    pub(super) fn read(self) -> Result<User, StoreError> {
        Ok(User {
            id: self.id,
            username: self.username,
            name: self.name,
            email: self.email,
            role: Role::from_name(&self.role).ok_or(StoreError::Unreadable("role"))?,
            created_at: Timestamp::from_unix_secs(self.created_at),
            disabled_at: self.disabled_at.map(Timestamp::from_unix_secs),
        })
    }
}

impl Store {
    pub(crate) async fn add_user(
        &self,
        user: &User,
        username: &Username,
        hash: &StoredHash,
        event: &AuditEvent,
    ) -> Result<(), AddUserError> {
        let mut transaction = self.begin().await?;
        insert(&mut transaction, user, username, hash).await?;
        add_event(&mut transaction, event, user.created_at).await?;
        Ok(transaction.commit().await.map_err(StoreError::from)?)
    }

    /// Adds a user together with a token to set a password with.
    pub(crate) async fn add_user_with_reset(
        &self,
        user: &User,
        username: &Username,
        hash: &StoredHash,
        token: &SecretDigest,
        event: &AuditEvent,
    ) -> Result<(), AddUserError> {
        let mut transaction = self.begin().await?;
        insert(&mut transaction, user, username, hash).await?;
        insert_reset(&mut transaction, &user.id, token, user.created_at).await?;
        add_event(&mut transaction, event, user.created_at).await?;
        Ok(transaction.commit().await.map_err(StoreError::from)?)
    }

    /// Returns what a login as `username` is checked against.
    pub(crate) async fn credentials(&self, username: &Username) -> Result<Option<Credentials>, StoreError> {
        let row: Option<CredentialsRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, created_at, disabled_at, password_hash \
             FROM users WHERE username_key = $1",
        )
        .bind(username.key())
        .fetch_optional(&self.pool)
        .await?;
        row.map(CredentialsRow::read).transpose()
    }

    /// Returns the users of that id or that username: none, one, or two where
    /// one user's id is another's name.
    pub(crate) async fn users_named(&self, text: &str) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, created_at, disabled_at \
             FROM users WHERE id = $1 OR username_key = $2",
        )
        .bind(text)
        .bind(Username::key_of(text))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(UserRow::read).collect()
    }

    /// Returns all users by username.
    pub(crate) async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, created_at, disabled_at \
             FROM users ORDER BY username_key",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(UserRow::read).collect()
    }
}

pub(super) async fn insert(
    transaction: &mut Writing,
    user: &User,
    username: &Username,
    hash: &StoredHash,
) -> Result<(), AddUserError> {
    let inserted = sqlx::query(
        "INSERT INTO users \
         (id, username, username_key, name, email, role, password_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&user.id)
    .bind(username.as_str())
    .bind(username.key())
    .bind(&user.name)
    .bind(&user.email)
    .bind(user.role.name())
    .bind(hash.as_str())
    .bind(user.created_at.as_unix_secs())
    .execute(&mut **transaction)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => {
            // SQLite names the column in the text, PostgreSQL the constraint
            // that has the column's name in it.
            Err(if fault.message().contains("username_key") {
                AddUserError::UsernameTaken
            } else {
                AddUserError::IdTaken
            })
        }
        Err(error) => Err(StoreError::from(error).into()),
    }
}
