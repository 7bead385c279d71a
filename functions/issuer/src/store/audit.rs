//! The audit in the database: who did what, when and from where.

use serde::Serialize;
use sqlx::{Any, Executor, FromRow};
use token::Timestamp;

use super::{Store, StoreError, Writing, advances::to_json};
use crate::audit::AuditEvent;

/// How many events are removed in one statement.
const SWEEP_BATCH: u32 = 1000;

/// An event as it was kept.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct AuditRow {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) action: String,
    pub(crate) outcome: String,
    pub(crate) actor: String,
    pub(crate) actor_id: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) sid: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) request_id: Option<String>,
}

/// An event on its way into the database.
#[derive(Serialize)]
struct NewRow<'e> {
    at: i64,
    action: &'static str,
    outcome: &'static str,
    actor: &'static str,
    actor_id: Option<&'e str>,
    subject: Option<&'e str>,
    sid: Option<&'e str>,
    reason: Option<&'static str>,
    address: Option<String>,
    request_id: Option<&'e str>,
}

impl<'e> NewRow<'e> {
    fn new(event: &'e AuditEvent, at: Timestamp) -> Self {
        Self {
            at: at.as_unix_secs(),
            action: event.action.name(),
            outcome: event.outcome.name(),
            actor: event.actor.kind(),
            actor_id: event.actor.id(),
            subject: event.subject.as_deref(),
            sid: event.sid.as_deref(),
            reason: event.reason,
            address: event.origin.address_text(),
            request_id: event.origin.request_id.as_deref(),
        }
    }
}

impl Store {
    /// Keeps an event that changed nothing else.
    pub(crate) async fn keep_event(&self, event: &AuditEvent, at: Timestamp) -> Result<(), StoreError> {
        insert(&self.pool, event, at).await
    }

    /// Keeps events of what was done elsewhere, all of them or none.
    pub(crate) async fn keep_events(&self, events: &[AuditEvent], at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for event in events {
            add_event(&mut transaction, event, at).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Returns up to `limit` events from `since` on, the latest first, of one
    /// subject or actor where one is named.
    pub(crate) async fn events(
        &self,
        about: Option<&str>,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, at, action, outcome, actor, actor_id, subject, sid, reason, address, request_id \
             FROM audit_events WHERE at >= $1 AND ($2 IS NULL OR subject = $2 OR actor_id = $2) \
             ORDER BY id DESC LIMIT $3",
        )
        .bind(since.as_unix_secs())
        .bind(about)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?)
    }

    /// Removes the events before `before`, a few at a time: nobody waits long.
    pub(crate) async fn drop_events(&self, before: Timestamp) -> Result<(), StoreError> {
        loop {
            let statement = sqlx::query(
                "DELETE FROM audit_events WHERE id IN \
                 (SELECT id FROM audit_events WHERE at < $1 ORDER BY at LIMIT $2)",
            )
            .bind(before.as_unix_secs())
            .bind(i64::from(SWEEP_BATCH));
            let deleted = self.write(statement).await?;
            if deleted < u64::from(SWEEP_BATCH) {
                return Ok(());
            }
        }
    }
}

/// Keeps an event together with what it tells of.
pub(super) async fn add_event(
    transaction: &mut Writing,
    event: &AuditEvent,
    at: Timestamp,
) -> Result<(), StoreError> {
    insert(&mut **transaction, event, at).await
}

/// Keeps several at once, on SQLite.
pub(super) async fn add_events<'e>(
    transaction: &mut Writing,
    events: impl Iterator<Item = (&'e AuditEvent, Timestamp)>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = events.map(|(event, at)| NewRow::new(event, at)).collect();
    sqlx::query(
        "INSERT INTO audit_events \
         (at, action, outcome, actor, actor_id, subject, sid, reason, address, request_id) \
         SELECT value ->> 'at', value ->> 'action', value ->> 'outcome', value ->> 'actor', \
         value ->> 'actor_id', value ->> 'subject', value ->> 'sid', value ->> 'reason', \
         value ->> 'address', value ->> 'request_id' FROM json_each($1)",
    )
    .bind(to_json(&rows)?)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert(
    executor: impl Executor<'_, Database = Any>,
    event: &AuditEvent,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_events \
         (at, action, outcome, actor, actor_id, subject, sid, reason, address, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(at.as_unix_secs())
    .bind(event.action.name())
    .bind(event.outcome.name())
    .bind(event.actor.kind())
    .bind(event.actor.id())
    .bind(event.subject.as_deref())
    .bind(event.sid.as_deref())
    .bind(event.reason)
    .bind(event.origin.address_text())
    .bind(event.origin.request_id.as_deref())
    .execute(executor)
    .await?;
    Ok(())
}
