//! Revocations on their way to the registry.
//!
//! One is written in the transaction that ends its session and removed when the
//! registry has confirmed it, so that none is ever lost between the two.

use registry::Revocation;
use sqlx::FromRow;
use token::Timestamp;

use super::{Store, StoreError, Writing, ending::CLOCK_ERROR_SECS};

/// Something that the registry must be told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutboxEntry {
    pub(crate) id: i64,
    pub(crate) revocation: Revocation,
    pub(crate) expires_at: Timestamp,
    /// How often its delivery has failed.
    pub(crate) attempts: u32,
}

/// What is to be revoked.
#[derive(Debug, Clone)]
pub(crate) struct NewEntry {
    pub(crate) revocation: Revocation,
    pub(crate) expires_at: Timestamp,
    /// When it is due for whoever delivers what is left lying.
    pub(crate) first_attempt_at: Timestamp,
}

/// The revocations that wait for the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) depth: u64,
    /// When the oldest of them was due for the first time.
    pub(crate) due_since: Option<Timestamp>,
}

#[derive(FromRow)]
struct EntryRow {
    id: i64,
    kind: String,
    value: String,
    not_before: Option<i64>,
    expires_at: i64,
    attempts: i64,
}

impl EntryRow {
    fn read(self) -> Result<OutboxEntry, StoreError> {
        let unreadable = || StoreError::Unreadable("outbox entry");
        let not_before = self.not_before.map(Timestamp::from_unix_secs);
        let value = self.value;
        let revocation = match (self.kind.as_str(), not_before) {
            ("session", None) => Revocation::Session { sid: value },
            ("token", None) => Revocation::Token { jti: value },
            ("subject", Some(not_before)) => Revocation::Subject { sub: value, not_before },
            ("credential", Some(not_before)) => Revocation::Credential { key: value, not_before },
            _ => return Err(unreadable()),
        };
        Ok(OutboxEntry {
            id: self.id,
            revocation,
            expires_at: Timestamp::from_unix_secs(self.expires_at),
            attempts: u32::try_from(self.attempts).map_err(|_| unreadable())?,
        })
    }
}

/// Keeps what is to be revoked. Twice the same is one entry, with the later of
/// both times.
pub(super) async fn add_entry(
    transaction: &mut Writing,
    entry: &NewEntry,
) -> Result<OutboxEntry, StoreError> {
    let (kind, value, not_before) = match &entry.revocation {
        Revocation::Session { sid } => ("session", sid, None),
        Revocation::Token { jti } => ("token", jti, None),
        Revocation::Subject { sub, not_before } => ("subject", sub, Some(not_before)),
        Revocation::Credential { key, not_before } => ("credential", key, Some(not_before)),
    };
    let row: EntryRow = sqlx::query_as(
        "INSERT INTO outbox (kind, value, not_before, expires_at, attempts, next_attempt_at, due_since) \
         VALUES ($1, $2, $3, $4, 0, $5, $5) \
         ON CONFLICT (kind, value) DO UPDATE SET \
         not_before = CASE WHEN outbox.not_before > excluded.not_before \
         THEN outbox.not_before ELSE excluded.not_before END, \
         expires_at = CASE WHEN outbox.expires_at > excluded.expires_at \
         THEN outbox.expires_at ELSE excluded.expires_at END \
         RETURNING id, kind, value, not_before, expires_at, attempts",
    )
    .bind(kind)
    .bind(value)
    .bind(not_before.map(|at| at.as_unix_secs()))
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
            "SELECT id, kind, value, not_before, expires_at, attempts FROM outbox \
             WHERE next_attempt_at <= $1 ORDER BY next_attempt_at, expires_at DESC LIMIT $2",
        )
        .bind(now.as_unix_secs())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(EntryRow::read).collect()
    }

    /// Removes an entry that the registry has confirmed, unless it has grown
    /// since.
    pub(crate) async fn entry_delivered(&self, entry: &OutboxEntry) -> Result<(), StoreError> {
        let not_before = match &entry.revocation {
            Revocation::Session { .. } | Revocation::Token { .. } => None,
            Revocation::Subject { not_before, .. } | Revocation::Credential { not_before, .. } => {
                Some(not_before.as_unix_secs())
            }
        };
        let statement = sqlx::query(
            "DELETE FROM outbox WHERE id = $1 AND expires_at <= $2 \
             AND (not_before IS NULL OR not_before <= $3)",
        )
        .bind(entry.id)
        .bind(entry.expires_at.as_unix_secs())
        .bind(not_before);
        self.write(statement).await?;
        Ok(())
    }

    /// What the registry does not know yet.
    pub(crate) async fn backlog(&self) -> Result<Backlog, StoreError> {
        let (depth, due_since): (i64, Option<i64>) =
            sqlx::query_as("SELECT COUNT(*), MIN(due_since) FROM outbox").fetch_one(&self.pool).await?;
        let depth = u64::try_from(depth).map_err(|_| StoreError::Unreadable("outbox"))?;
        Ok(Backlog { depth, due_since: due_since.map(Timestamp::from_unix_secs) })
    }

    /// Notes a failed delivery and when to try again.
    pub(crate) async fn entry_postponed(
        &self,
        id: i64,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError> {
        let statement =
            sqlx::query("UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $1 WHERE id = $2")
                .bind(next_attempt_at.as_unix_secs())
                .bind(id);
        self.write(statement).await?;
        Ok(())
    }

    /// Removes the entries whose tokens have all expired by themselves, also for
    /// verifiers whose clocks are behind this one.
    pub(crate) async fn drop_expired_entries(&self, now: Timestamp) -> Result<u64, StoreError> {
        let expired = now.minus(CLOCK_ERROR_SECS).as_unix_secs();
        self.write(sqlx::query("DELETE FROM outbox WHERE expires_at <= $1").bind(expired)).await
    }
}
