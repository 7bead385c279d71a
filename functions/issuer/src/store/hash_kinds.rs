//! Which kinds of password hashes there are.

use super::{Store, StoreError};
use crate::password_hash::StoredHash;

impl Store {
    pub(crate) async fn count_users(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&self.pool).await?;
        u64::try_from(count).map_err(|_| StoreError::Unreadable("users"))
    }

    /// Returns up to `limit` hashes that are not of today's kind, each with its
    /// user's id, in the order of these and after `after`.
    pub(crate) async fn hashes_from_elsewhere(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<(String, StoredHash)>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, password_hash FROM users \
             WHERE ($1 IS NULL OR id > $1) AND password_hash NOT LIKE $2 ORDER BY id LIMIT $3",
        )
        .bind(after)
        .bind(format!("{}%", StoredHash::todays_prefix()))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id, hash)| (id, StoredHash::from_database(hash))).collect())
    }
}
