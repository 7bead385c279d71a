//! Ending sessions, together with the note of what the registry must be told.

use registry::Revocation;
use token::Timestamp;

use super::{
    OutboxEntry, Store, StoreError, Writing,
    audit::add_event,
    outbox::{NewEntry, add_entry},
};
use crate::{
    audit::AuditEvent,
    session::{EndReason, access_over_at},
};

/// How far ahead of a verifier's clock this one may be without a revocation being
/// left out that it needs.
pub(super) const CLOCK_ERROR_SECS: u64 = 86_400;

/// Which sessions of a user end, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending<'a> {
    user_id: &'a str,
    only: Option<&'a str>,
    except: Option<&'a str>,
    reason: EndReason,
}

/// What an ending did.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// How many sessions ended that had not before.
    pub(crate) sessions: usize,
    /// What the registry must be told.
    pub(crate) entries: Vec<OutboxEntry>,
}

impl Store {
    /// Ends sessions and keeps their revocations, which are due at
    /// `first_attempt_at` for whoever delivers what is left lying.
    pub(crate) async fn end_sessions(
        &self,
        ending: Ending<'_>,
        event: &AuditEvent,
        now: Timestamp,
        first_attempt_at: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut transaction = self.begin().await?;
        let ended = ending.carry_out(&mut transaction, now, first_attempt_at).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(ended.entries)
    }

    /// The same at once for whoever delivers what is left lying. Returns how many
    /// sessions have ended.
    pub(crate) async fn count_and_end_sessions(
        &self,
        ending: Ending<'_>,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut transaction = self.begin().await?;
        let ended = ending.carry_out(&mut transaction, now, now).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(ended.sessions)
    }

    /// The same where there may be nothing to end: then nothing is kept.
    pub(crate) async fn end_sessions_if_any(
        &self,
        ending: Ending<'_>,
        event: &AuditEvent,
        now: Timestamp,
        first_attempt_at: Timestamp,
    ) -> Result<Option<Vec<OutboxEntry>>, StoreError> {
        let mut transaction = self.begin().await?;
        let ended = ending.carry_out(&mut transaction, now, first_attempt_at).await?;
        if ended.sessions == 0 {
            return Ok(None);
        }
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(Some(ended.entries))
    }
}

impl<'a> Ending<'a> {
    pub(crate) fn one(user_id: &'a str, sid: &'a str, reason: EndReason) -> Self {
        Self { only: Some(sid), ..Self::all(user_id, reason) }
    }

    pub(crate) fn others(user_id: &'a str, sid: &'a str, reason: EndReason) -> Self {
        Self { except: Some(sid), ..Self::all(user_id, reason) }
    }

    pub(crate) fn all(user_id: &'a str, reason: EndReason) -> Self {
        Self { user_id, only: None, except: None, reason }
    }

    pub(super) async fn carry_out(
        self,
        transaction: &mut Writing,
        now: Timestamp,
        first_attempt_at: Timestamp,
    ) -> Result<Ended, StoreError> {
        let ended: Vec<(String, i64)> = sqlx::query_as(
            "UPDATE sessions SET ended_at = $1, end_reason = $2 \
             WHERE user_id = $3 AND ended_at IS NULL \
             AND ($4 IS NULL OR sid = $4) AND ($5 IS NULL OR sid <> $5) \
             RETURNING sid, generation_began_at",
        )
        .bind(now.as_unix_secs())
        .bind(self.reason.name())
        .bind(self.user_id)
        .bind(self.only)
        .bind(self.except)
        .fetch_all(&mut **transaction)
        .await?;

        let sessions = ended.len();
        let mut entries = Vec::with_capacity(sessions);
        for (sid, began_at) in ended {
            let expires_at = access_over_at(Timestamp::from_unix_secs(began_at));
            // Every access token of this session has expired long ago, also where this
            // clock is ahead of those of verifiers: nothing to revoke.
            if expires_at.plus(CLOCK_ERROR_SECS) <= now {
                continue;
            }
            let revocation = Revocation::Session { sid };
            let entry = NewEntry { revocation, expires_at, first_attempt_at };
            entries.push(add_entry(transaction, &entry).await?);
        }
        Ok(Ended { sessions, entries })
    }
}
