//! Adding the first administrator, and never a second one this way.

use super::{
    AddUserError, Store, StoreError, audit::add_event, dialect::Dialect, password_resets::insert_reset,
    users::insert,
};
use crate::{
    audit::AuditEvent,
    digest::SecretDigest,
    password_hash::StoredHash,
    user::{User, Username},
};

/// What became of the first administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstAdministrator {
    Added,
    /// Enabled or not.
    ThereIsOne,
}

impl Store {
    pub(crate) async fn add_first_administrator(
        &self,
        user: &User,
        username: &Username,
        hash: &StoredHash,
        token: Option<&SecretDigest>,
        event: &AuditEvent,
    ) -> Result<FirstAdministrator, AddUserError> {
        let mut transaction = self.begin().await?;
        if self.dialect == Dialect::Postgres {
            // Nothing is there to hold that would keep a second one away.
            sqlx::query("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::from)?;
        }
        let administrators: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE role = 'ADMIN'")
            .fetch_one(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        if administrators > 0 {
            return Ok(FirstAdministrator::ThereIsOne);
        }
        insert(&mut transaction, user, username, hash).await?;
        if let Some(token) = token {
            insert_reset(&mut transaction, &user.id, token, user.created_at).await?;
        }
        add_event(&mut transaction, event, user.created_at).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(FirstAdministrator::Added)
    }
}
