//! Passwords in the database, as hashes.

use token::Timestamp;

use super::{Ending, OutboxEntry, Store, StoreError, Writing, audit::add_event, held::Hold};
use crate::{audit::AuditEvent, password_hash::StoredHash, session::EndReason};

/// A password for somebody who knows the old one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasswordChange<'a> {
    pub(crate) user_id: &'a str,
    /// The session that lives on.
    pub(crate) sid: &'a str,
    /// The hash that the old password was checked against.
    pub(crate) seen: &'a StoredHash,
    pub(crate) new: &'a StoredHash,
}

impl Store {
    pub(crate) async fn password_hash(&self, user_id: &str) -> Result<Option<StoredHash>, StoreError> {
        let hash: Option<String> = sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1")
            .bind(user_id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(hash.map(StoredHash::from_database))
    }

    /// Changes a password and ends the user's other sessions. `None` where the
    /// user was disabled or got another password since the old one was checked.
    pub(crate) async fn change_password(
        &self,
        change: PasswordChange<'_>,
        event: &AuditEvent,
        now: Timestamp,
        first_attempt_at: Timestamp,
    ) -> Result<Option<Vec<OutboxEntry>>, StoreError> {
        let mut transaction = self.begin().await?;
        let held = self.hold_user(&mut transaction, change.user_id, Hold::Alone).await?;
        if !held.is_some_and(|held| held.user.is_enabled() && held.hash == *change.seen) {
            return Ok(None);
        }
        write_password(&mut transaction, change.user_id, change.new, now).await?;
        let others = Ending::others(change.user_id, change.sid, EndReason::PasswordChanged);
        let ended = others.carry_out(&mut transaction, now, first_attempt_at).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(Some(ended.entries))
    }

    /// Changes a password and ends the user's sessions: whoever knew the old
    /// one may have begun some of them.
    pub(crate) async fn set_password(
        &self,
        id: &str,
        hash: &StoredHash,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        self.hold_user(&mut transaction, id, Hold::Alone).await?;
        write_password(&mut transaction, id, hash, now).await?;
        let all = Ending::all(id, EndReason::PasswordChanged);
        all.carry_out(&mut transaction, now, now).await?;
        add_event(&mut transaction, event, now).await?;
        Ok(transaction.commit().await?)
    }
}

/// Writes the hash, and makes void whatever else could have set a password.
pub(super) async fn write_password(
    transaction: &mut Writing,
    user_id: &str,
    hash: &StoredHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET password_hash = $1, password_changed_at = $2 WHERE id = $3")
        .bind(hash.as_str())
        .bind(now.as_unix_secs())
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("DELETE FROM password_resets WHERE user_id = $1")
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
