//! Delivering revocations that were kept, until the registry has confirmed them
//! or everything they revoke has expired.

use std::time::Duration;

use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{
    issuer::{Fault, Issuer},
    revoker::{NotConfirmed, Revoker},
    store::{OutboxEntry, Store, StoreError},
};

/// How often the outbox is looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// After so many looks what is old is removed: about once an hour.
const LOOKS_PER_SWEEP: u32 = 1800;

/// The most entries that are read at once.
const BATCH: u32 = 100;

/// The longest pause between two attempts. Access tokens live for minutes, so a
/// revocation that comes hours late is worth nothing.
const MAX_BACKOFF_SECS: u64 = 60;

/// Why an entry is still in the outbox.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Issuer {
    /// Delivers what is due, over and over, until `stop` changes.
    pub(crate) async fn keep_delivering(&self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in (0..LOOKS_PER_SWEEP).cycle() {
            let look_after = async {
                ticks.tick().await;
                if look == 0 {
                    self.sweep().await?;
                }
                self.deliver_due().await
            };
            // To stop in the middle loses nothing: what has not been confirmed
            // is still there, and to deliver twice does no harm.
            let done = tokio::select! {
                _ = stop.changed() => return,
                done = look_after => done,
            };
            if let Err(error) = done {
                tracing::error!(%error, "could not look after the outbox");
            }
        }
    }

    /// Removes what nothing needs any more, and looks at what has changed.
    pub(crate) async fn sweep(&self) -> Result<(), Fault> {
        let now = self.now();
        self.store.drop_old_sessions(now).await?;
        self.store.sweep_throttle(now).await?;
        self.count_hash_kinds().await?;
        self.store.drop_expired_resets(now).await?;
        self.store.drop_events(now.minus(self.audit_retention_secs)).await?;
        Ok(())
    }

    /// Delivers what is due, and stops at the first that fails: the rest keeps
    /// its turn, and a registry that is down is asked once per look.
    pub(crate) async fn deliver_due(&self) -> Result<(), Fault> {
        let now = self.now();
        self.store.drop_expired_entries(now).await?;
        let Some(revoker) = self.revoker.as_deref() else {
            return Ok(());
        };
        loop {
            let entries = self.store.due_entries(now, BATCH).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                match self.deliver(revoker, &entry).await {
                    Ok(()) => {}
                    Err(DeliveryError::Store(error)) => return Err(error.into()),
                    Err(DeliveryError::NotConfirmed(error)) => {
                        let attempts = entry.attempts.saturating_add(1);
                        tracing::warn!(entry = entry.id, attempts, %error, "could not deliver a revocation");
                        let next_attempt_at = now.plus(backoff_secs(entry.attempts));
                        return Ok(self.store.entry_postponed(entry.id, next_attempt_at).await?);
                    }
                }
            }
        }
    }

    pub(crate) async fn deliver(
        &self,
        revoker: &dyn Revoker,
        entry: &OutboxEntry,
    ) -> Result<(), DeliveryError> {
        deliver(&self.store, revoker, entry).await
    }
}

/// Tells the registry, and forgets what it has confirmed.
pub(crate) async fn deliver(
    store: &Store,
    revoker: &dyn Revoker,
    entry: &OutboxEntry,
) -> Result<(), DeliveryError> {
    revoker.revoke(&entry.revocation, entry.expires_at).await?;
    store.entry_delivered(entry).await?;
    Ok(())
}

fn backoff_secs(attempts: u32) -> u64 {
    1_u64.checked_shl(attempts).unwrap_or(MAX_BACKOFF_SECS).min(MAX_BACKOFF_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<_> = [0, 1, 2, 5, 6, 63, 64, u32::MAX].map(backoff_secs).into();
        assert_eq!(pauses, [1, 2, 4, 32, 60, 60, 60, 60]);
    }
}
