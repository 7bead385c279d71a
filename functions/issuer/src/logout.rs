//! Ending sessions, and making verifiers know.
//!
//! A session ends in the database first, together with a note of what the
//! registry must be told. The answer then says whether the registry knows; what
//! it does not know yet is delivered later, and nothing is lost on the way.

use std::time::Duration;

use token::Timestamp;

use crate::{
    audit::{Action, Actor, AuditEvent},
    bearer::Account,
    issuer::{Fault, Issuer},
    origin::Origin,
    session::EndReason,
    store::{Ending, OutboxEntry},
};

/// How long after a request its undelivered revocations are taken over. By then
/// the request has delivered them or given up.
const TAKEN_OVER_AFTER_SECS: u64 = 5;

/// How long a client waits for the registry.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which of a user's sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    This,
    Others,
    All,
}

/// How far an ending has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Verifiers know, or there is no registry for them to ask.
    Done,
    /// The ending is kept, and verifiers will know.
    Pending,
}

impl Scope {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::This => "this",
            Self::Others => "others",
            Self::All => "all",
        }
    }
}

/// When whoever delivers what is left lying takes over what a request made now
/// has to deliver.
pub(crate) fn taken_over_at(now: Timestamp) -> Timestamp {
    now.plus(TAKEN_OVER_AFTER_SECS)
}

impl Issuer {
    pub(crate) async fn log_out(
        &self,
        account: &Account,
        scope: Scope,
        origin: &Origin,
    ) -> Result<Delivery, Fault> {
        let (user_id, sid) = (&account.user.id, &account.session.sid);
        let reason = EndReason::Logout;
        let ending = match scope {
            Scope::This => Ending::one(user_id, sid, reason),
            Scope::Others => Ending::others(user_id, sid, reason),
            Scope::All => Ending::all(user_id, reason),
        };
        let event = AuditEvent::new(Action::Logout, Actor::User(user_id.clone()), origin)
            .about(user_id)
            .of_session(sid)
            .because(scope.name());
        self.end_sessions(ending, event).await
    }

    /// Ends one session of the caller's, or returns `None` where the caller has
    /// no such session: one of somebody else's is as unknown as any.
    pub(crate) async fn end_own_session(
        &self,
        account: &Account,
        sid: &str,
        origin: &Origin,
    ) -> Result<Option<Delivery>, Fault> {
        let user_id = &account.user.id;
        let event = AuditEvent::new(Action::SessionEnded, Actor::User(user_id.clone()), origin)
            .about(user_id)
            .of_session(sid);
        self.end_sessions_if_any(Ending::one(user_id, sid, EndReason::EndedByUser), event).await
    }

    /// Ends sessions where there are any; `None` where there are not.
    pub(crate) async fn end_sessions_if_any(
        &self,
        ending: Ending<'_>,
        event: AuditEvent,
    ) -> Result<Option<Delivery>, Fault> {
        let now = self.now();
        let ended = self.store.end_sessions_if_any(ending, &event, now, taken_over_at(now)).await?;
        let Some(entries) = ended else {
            return Ok(None);
        };
        event.log(&self.metrics);
        Ok(Some(self.tell_registry(&entries).await))
    }

    /// Ends sessions, keeps `event`, and tells the registry as far as it listens.
    pub(crate) async fn end_sessions(
        &self,
        ending: Ending<'_>,
        event: AuditEvent,
    ) -> Result<Delivery, Fault> {
        let now = self.now();
        let entries = self.store.end_sessions(ending, &event, now, taken_over_at(now)).await?;
        event.log(&self.metrics);
        Ok(self.tell_registry(&entries).await)
    }

    /// Delivers what has just been kept, for as long as a client may wait.
    pub(crate) async fn tell_registry(&self, entries: &[OutboxEntry]) -> Delivery {
        self.metrics.revocations(entries);
        let delivery = tokio::time::timeout(PATIENCE, self.deliver_at_once(entries));
        delivery.await.unwrap_or(Delivery::Pending)
    }

    async fn deliver_at_once(&self, entries: &[OutboxEntry]) -> Delivery {
        let Some(revoker) = self.revoker.as_deref() else {
            return Delivery::Done;
        };
        for entry in entries {
            if let Err(error) = self.deliver(revoker, entry).await {
                // The rest would fail alike, and the client is waiting.
                tracing::warn!(entry = entry.id, %error, "kept a revocation for later");
                return Delivery::Pending;
            }
        }
        Delivery::Done
    }
}
