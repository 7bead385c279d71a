//! Taking turns, so that what is paid for and not yet known to be right is less
//! than a bucket holds.
//!
//! An attempt pays before it is looked at. Were all that come at once to pay at
//! once, as many right passwords as fit a bucket would fill it, and the next one
//! be turned away for nothing that anybody did wrong.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempt::Attempt;

/// Fewer than the bursts of their buckets.
const AT_ONCE_PER_PAIR: usize = 4;
const AT_ONCE_PER_ADDRESS: usize = 24;

/// Beyond so many entries, those are removed that nobody uses. More are never in
/// use: whoever waits here has a place in the queue of hashes.
const SWEEP_FROM: usize = 1024;

/// Who is under way, by pair of account and address and by address.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Weak<Semaphore>>>);

/// Held while an attempt is under way.
#[derive(Debug)]
pub(crate) struct OwnTurn {
    _pair: Option<OwnedSemaphorePermit>,
    _address: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits until few enough others are under way.
    pub(crate) async fn take(&self, attempt: &Attempt) -> OwnTurn {
        let pair = self.semaphore(attempt.pair(), AT_ONCE_PER_PAIR);
        let address = self.semaphore(attempt.address.clone(), AT_ONCE_PER_ADDRESS);
        // In this order everywhere; and nobody closes a semaphore.
        OwnTurn { _pair: pair.acquire_owned().await.ok(), _address: address.acquire_owned().await.ok() }
    }

    fn semaphore(&self, key: String, at_once: usize) -> Arc<Semaphore> {
        // Nothing under this lock can leave a half-written state behind.
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= SWEEP_FROM {
            used.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        if let Some(semaphore) = used.get(&key).and_then(Weak::upgrade) {
            return semaphore;
        }
        let semaphore = Arc::new(Semaphore::new(at_once));
        used.insert(key, Arc::downgrade(&semaphore));
        semaphore
    }
}
