//! Revocations that somebody asked for by name, and those that the registry has
//! yet to be told of.

use registry::Revocation;
use token::{Caller, Principal, Timestamp};

use super::{
    Ending, OutboxEntry, Store, StoreError,
    audit::add_event,
    outbox::{NewEntry, add_entry},
};
use crate::{
    audit::AuditEvent,
    session::{EndReason, access_over_at},
};

impl Store {
    /// Keeps a revocation until the registry has confirmed it.
    pub(crate) async fn keep_revocation(
        &self,
        entry: &NewEntry,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<OutboxEntry, StoreError> {
        let mut transaction = self.begin().await?;
        let kept = add_entry(&mut transaction, entry).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(kept)
    }

    /// Revokes whatever was issued to a subject before `now`: its sessions end,
    /// and so does each token that has none.
    pub(crate) async fn revoke_subject(
        &self,
        sub: &str,
        expires_at: Timestamp,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut transaction = self.begin().await?;
        let all = Ending::all(sub, EndReason::Revoked);
        let mut entries = all.carry_out(&mut transaction, now, now).await?.entries;
        let revocation = Revocation::Subject { sub: sub.to_owned(), not_before: now };
        let entry = NewEntry { revocation, expires_at, first_attempt_at: now };
        entries.push(add_entry(&mut transaction, &entry).await?);
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(entries)
    }

    /// Revokes a session by its id alone. Where it is not known here, tokens
    /// that name it may still be about.
    pub(crate) async fn revoke_session(
        &self,
        sid: &str,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE sid = $3 AND ended_at IS NULL")
            .bind(now.as_unix_secs())
            .bind(EndReason::Revoked.name())
            .bind(sid)
            .execute(&mut *transaction)
            .await?;
        let revocation = Revocation::Session { sid: sid.to_owned() };
        let entry = NewEntry { revocation, expires_at: access_over_at(now), first_attempt_at: now };
        let kept = add_entry(&mut transaction, &entry).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(vec![kept])
    }

    /// Whether something that revokes this principal waits for the registry.
    pub(crate) async fn is_revocation_waiting(
        &self,
        principal: &Principal,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let credential = match principal.caller() {
            Caller::User => None,
            Caller::Consumer { credential, .. } => Some(credential.as_str()),
        };
        let waiting: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM outbox WHERE expires_at > $1 AND (\
             (kind = 'token' AND value = $2) OR (kind = 'session' AND value = $3) \
             OR (((kind = 'subject' AND value = $4) OR (kind = 'credential' AND value = $5)) \
             AND ($6 IS NULL OR not_before > $6)))",
        )
        .bind(now.as_unix_secs())
        .bind(principal.jti())
        .bind(principal.sid())
        .bind(principal.id())
        .bind(credential)
        // What does not say when it was issued may be old.
        .bind(principal.issued_at().map(Timestamp::as_unix_secs))
        .fetch_one(&self.pool)
        .await?;
        Ok(waiting > 0)
    }
}
