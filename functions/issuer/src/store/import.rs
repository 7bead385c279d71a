//! Users from elsewhere, many in one transaction.

use super::{Store, StoreError, Writing, audit::add_event};
use crate::{
    audit::{Action, Actor, AuditEvent},
    imported_user::{ImportedUser, LineRefused},
    origin::Origin,
};

/// What became of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imported {
    Added,
    /// There already. Whatever else about the user has changed since is the
    /// user's.
    Unchanged,
    Refused(LineRefused),
}

/// Whether to do it or to see what would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportMode {
    ForGood,
    Trial,
}

impl Store {
    /// Adds users, and returns what became of each.
    pub(crate) async fn import_users(
        &self,
        users: &[ImportedUser],
        mode: ImportMode,
    ) -> Result<Vec<Imported>, StoreError> {
        let mut transaction = self.begin().await?;
        let mut outcomes = Vec::with_capacity(users.len());
        for user in users {
            outcomes.push(import_user(&mut transaction, user).await?);
        }
        match mode {
            ImportMode::ForGood => transaction.commit().await?,
            ImportMode::Trial => transaction.rollback().await?,
        }
        Ok(outcomes)
    }
}

async fn import_user(transaction: &mut Writing, imported: &ImportedUser) -> Result<Imported, StoreError> {
    let ImportedUser { user, username, hash, id_is_given } = imported;
    let inserted = sqlx::query(
        "INSERT INTO users \
         (id, username, username_key, name, email, role, password_hash, created_at, disabled_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(&user.id)
    .bind(username.as_str())
    .bind(username.key())
    .bind(&user.name)
    .bind(&user.email)
    .bind(user.role.name())
    .bind(hash.as_str())
    .bind(user.created_at.as_unix_secs())
    .bind(user.disabled_at.map(token::Timestamp::as_unix_secs))
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 1 {
        let event = AuditEvent::new(Action::UserCreated, Actor::CommandLine, &Origin::command_line());
        add_event(transaction, &event.about(&user.id).because("imported"), user.created_at).await?;
        return Ok(Imported::Added);
    }
    let there: Option<(String, String)> =
        sqlx::query_as("SELECT id, username FROM users WHERE username_key = $1")
            .bind(username.key())
            .fetch_optional(&mut **transaction)
            .await?;
    Ok(match there {
        // Two people whose names differ in case only are not to become one.
        Some((id, shown)) if shown == username.as_str() && (id == user.id || !id_is_given) => {
            Imported::Unchanged
        }
        Some(_) => Imported::Refused(LineRefused::UsernameTaken),
        None => Imported::Refused(LineRefused::IdTaken),
    })
}
