//! Ending sessions, and making verifiers know.
//!
//! A session ends in the database first, together with a note of what the
//! registry must be told. The answer then says whether the registry knows; what
//! it does not know yet is delivered later, and nothing is lost on the way.

use std::time::Duration;

use crate::{
    bearer::Account,
    issuer::{Fault, Issuer},
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

impl Issuer {
    pub(crate) async fn log_out(&self, account: &Account, scope: Scope) -> Result<Delivery, Fault> {
        let (user_id, sid) = (&account.user.id, &account.session.sid);
        let reason = EndReason::Logout;
        self.end_sessions(match scope {
            Scope::This => Ending::one(user_id, sid, reason),
            Scope::Others => Ending::others(user_id, sid, reason),
            Scope::All => Ending::all(user_id, reason),
        })
        .await
    }

    pub(crate) async fn end_sessions(&self, ending: Ending<'_>) -> Result<Delivery, Fault> {
        let now = self.now();
        let taken_over_at = now.plus(TAKEN_OVER_AFTER_SECS);
        let entries = self.store.end_sessions(ending, now, taken_over_at).await?;
        let delivery = tokio::time::timeout(PATIENCE, self.deliver_at_once(&entries));
        Ok(delivery.await.unwrap_or(Delivery::Pending))
    }

    async fn deliver_at_once(&self, entries: &[OutboxEntry]) -> Delivery {
        let Some(revoker) = self.revoker.as_deref() else {
            return Delivery::Done;
        };
        for entry in entries {
            if let Err(error) = self.deliver(revoker, entry).await {
                // The rest would fail alike, and the client is waiting.
                tracing::warn!(sid = %entry.sid, %error, "kept a revocation for later");
                return Delivery::Pending;
            }
        }
        Delivery::Done
    }
}
