//! Tokens that set a password once.
//!
//! A user has one at most. To use it is to delete it, so that of two who use it
//! at once one succeeds.

use token::Timestamp;

use super::{
    Ending, OutboxEntry, Store, StoreError, Writing, audit::add_event, held::Hold, passwords::write_password,
    users::UserRow,
};
use crate::{
    audit::AuditEvent, digest::SecretDigest, password_hash::StoredHash, reset_token::RESET_TOKEN_SECS,
    session::EndReason, user::User,
};

impl Store {
    /// Keeps a token for a user; the ones before are void. Returns whether there
    /// is such a user.
    pub(crate) async fn add_password_reset(
        &self,
        user_id: &str,
        token: &SecretDigest,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if self.hold_user(&mut transaction, user_id, Hold::Alone).await?.is_none() {
            return Ok(false);
        }
        insert_reset(&mut transaction, user_id, token, now).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns whose token it is, where it is good now.
    pub(crate) async fn owner_of_reset(
        &self,
        token: &SecretDigest,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = sqlx::query_as(
            "SELECT id, username, name, email, role, users.created_at, disabled_at \
             FROM password_resets JOIN users ON users.id = user_id \
             WHERE token_hash = $1 AND expires_at > $2 AND disabled_at IS NULL",
        )
        .bind(token.as_str())
        .bind(now.as_unix_secs())
        .fetch_optional(&self.pool)
        .await?;
        row.map(UserRow::read).transpose()
    }

    /// Uses a token up, sets the password and ends all sessions of its owner.
    /// `None` where the token is not good any more.
    pub(crate) async fn reset_password(
        &self,
        owner: &str,
        token: &SecretDigest,
        new: &StoredHash,
        event: &AuditEvent,
        now: Timestamp,
        first_attempt_at: Timestamp,
    ) -> Result<Option<Vec<OutboxEntry>>, StoreError> {
        let mut transaction = self.begin().await?;
        let held = self.hold_user(&mut transaction, owner, Hold::Alone).await?;
        if !held.is_some_and(|held| held.user.is_enabled()) {
            return Ok(None);
        }
        let used = sqlx::query(
            "DELETE FROM password_resets WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3",
        )
        .bind(token.as_str())
        .bind(owner)
        .bind(now.as_unix_secs())
        .execute(&mut *transaction)
        .await?;
        if used.rows_affected() != 1 {
            return Ok(None);
        }
        write_password(&mut transaction, owner, new, now).await?;
        let all = Ending::all(owner, EndReason::PasswordChanged);
        let ended = all.carry_out(&mut transaction, now, first_attempt_at).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(Some(ended.entries))
    }

    /// Removes the tokens whose time is over.
    pub(crate) async fn drop_expired_resets(&self, now: Timestamp) -> Result<u64, StoreError> {
        let statement =
            sqlx::query("DELETE FROM password_resets WHERE expires_at <= $1").bind(now.as_unix_secs());
        self.write(statement).await
    }
}

pub(super) async fn insert_reset(
    transaction: &mut Writing,
    user_id: &str,
    token: &SecretDigest,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM password_resets WHERE user_id = $1")
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    sqlx::query(
        "INSERT INTO password_resets (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(token.as_str())
    .bind(user_id)
    .bind(now.as_unix_secs())
    .bind(now.plus(RESET_TOKEN_SECS).as_unix_secs())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
