//! Revocations on their way to the registry.
//!
//! One is written in the transaction that ends its session and removed when the
//! registry has confirmed it, so that none is ever lost between the two.

use sqlx::{FromRow, Sqlite, Transaction};
use token::Timestamp;

use super::{Store, StoreError};

/// A session that the registry must be told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutboxEntry {
    pub(crate) id: i64,
    pub(crate) sid: String,
    pub(crate) expires_at: Timestamp,
    /// How often its delivery has failed.
    pub(crate) attempts: u32,
}

pub(super) struct NewEntry {
    pub(super) sid: String,
    pub(super) expires_at: Timestamp,
    pub(super) first_attempt_at: Timestamp,
}

#[derive(FromRow)]
struct EntryRow {
    id: i64,
    value: String,
    expires_at: i64,
    attempts: i64,
}

impl EntryRow {
    fn read(self) -> Result<OutboxEntry, StoreError> {
        Ok(OutboxEntry {
            id: self.id,
            sid: self.value,
            expires_at: Timestamp::from_unix_secs(self.expires_at),
            attempts: u32::try_from(self.attempts).map_err(|_| StoreError::Unreadable("outbox entry"))?,
        })
    }
}

pub(super) async fn add_entry(
    transaction: &mut Transaction<'static, Sqlite>,
    entry: NewEntry,
) -> Result<OutboxEntry, StoreError> {
    let row: EntryRow = sqlx::query_as(
        "INSERT INTO outbox (kind, value, expires_at, attempts, next_attempt_at) \
         VALUES ('session', ?, ?, 0, ?) \
         ON CONFLICT (kind, value) DO UPDATE SET \
         expires_at = MAX(expires_at, excluded.expires_at) \
         RETURNING id, value, expires_at, attempts",
    )
    .bind(entry.sid)
    .bind(entry.expires_at.as_unix_secs())
    .bind(entry.first_attempt_at.as_unix_secs())
    .fetch_one(&mut **transaction)
    .await?;
    row.read()
}

impl Store {
    /// Returns up to `limit` entries that are due, the longest due first, and of
    /// those the ones whose tokens live longest.
    pub(crate) async fn due_entries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "SELECT id, value, expires_at, attempts FROM outbox \
             WHERE next_attempt_at <= ? ORDER BY next_attempt_at, expires_at DESC LIMIT ?",
        )
        .bind(now.as_unix_secs())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(EntryRow::read).collect()
    }

    /// Removes an entry that the registry has confirmed.
    pub(crate) async fn entry_delivered(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM outbox WHERE id = ?").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Notes a failed delivery and when to try again.
    pub(crate) async fn entry_postponed(
        &self,
        id: i64,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ?")
            .bind(next_attempt_at.as_unix_secs())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes the entries whose tokens have all expired by themselves.
    pub(crate) async fn drop_expired_entries(&self, now: Timestamp) -> Result<u64, StoreError> {
        let deleted = sqlx::query("DELETE FROM outbox WHERE expires_at <= ?")
            .bind(now.as_unix_secs())
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected())
    }
}
