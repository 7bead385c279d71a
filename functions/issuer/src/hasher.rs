//! Checking and hashing passwords, and never more of them at once than the machine can do.
//!
//! One hash fills 19 MiB and one core. Whatever comes in beyond a bounded queue
//! is turned away at once, so that a storm of logins costs neither the memory
//! nor the answers of everything else.

use std::{io, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use zeroize::Zeroizing;

use crate::{
    hash_threads::HashThreads,
    metrics::Stopwatch,
    password::NewPassword,
    password_hash::{HashError, HashMemory, StoredHash},
};

/// How many checks may wait for each one that runs. At 20 ms each that is a
/// second or less of waiting.
const WAITING_PER_CORE: usize = 32;

/// Works on passwords, on so many at once and no more.
pub(crate) struct Hasher {
    /// Those that run and those that wait.
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// One for each that can run.
    threads: HashThreads,
    cores: usize,
    stopwatch: Stopwatch,
}

/// How busy the hasher is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) running: usize,
    pub(crate) waiting: usize,
    /// How many may run or wait.
    pub(crate) capacity: usize,
}

/// A place in the queue.
pub(crate) struct Place {
    admitted: OwnedSemaphorePermit,
    running: Arc<Semaphore>,
    threads: HashThreads,
    stopwatch: Stopwatch,
}

/// Every place in the queue is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub(crate) struct Busy;

/// What a password turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    Wrong,
    /// With a new hash where the stored one was made with weaker parameters.
    Right {
        stronger: Option<StoredHash>,
    },
}

impl Hasher {
    /// Returns a hasher that runs `cores` hashes at once, and takes their time.
    pub(crate) fn new(cores: usize, stopwatch: Stopwatch) -> io::Result<Self> {
        let cores = cores.max(1);
        Ok(Self {
            admitted: Arc::new(Semaphore::new(capacity(cores))),
            running: Arc::new(Semaphore::new(cores)),
            threads: HashThreads::start(cores)?,
            cores,
            stopwatch,
        })
    }

    pub(crate) fn load(&self) -> Load {
        let capacity = capacity(self.cores);
        let running = self.cores.saturating_sub(self.running.available_permits());
        let admitted = capacity.saturating_sub(self.admitted.available_permits());
        Load { running, waiting: admitted.saturating_sub(running), capacity }
    }

    /// Takes a place, before any other work is done for a login.
    pub(crate) fn admit(&self) -> Result<Place, Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Place {
            admitted,
            running: Arc::clone(&self.running),
            threads: self.threads.clone(),
            stopwatch: self.stopwatch.clone(),
        })
    }

    /// Lets nothing run until what this returns is dropped.
    #[cfg(test)]
    pub(crate) fn stop(&self) -> OwnedSemaphorePermit {
        let all = u32::try_from(self.running.available_permits()).unwrap();
        Arc::clone(&self.running).try_acquire_many_owned(all).unwrap()
    }
}

impl Place {
    /// Compares `password` with `stored`. Where there is no hash to compare
    /// with, the same work is done and the password is wrong. With `renew`, a
    /// right password is hashed anew where its hash is weak.
    pub(crate) async fn check(
        self,
        password: Zeroizing<String>,
        stored: Option<StoredHash>,
        renew: bool,
    ) -> Result<Checked, HashError> {
        self.work(move |memory| check(password.as_bytes(), stored, renew, memory)).await
    }

    /// Hashes a new password.
    pub(crate) async fn hash(self, password: NewPassword) -> Result<StoredHash, HashError> {
        self.work(move |memory| password.hash_with(memory)).await
    }

    async fn work<R: Send + 'static>(
        self,
        work: impl FnOnce(&mut HashMemory) -> Result<R, HashError> + Send + 'static,
    ) -> Result<R, HashError> {
        let running = self.running.acquire_owned().await.map_err(|_| HashError::Argon2)?;
        let (admitted, stopwatch) = (self.admitted, self.stopwatch);
        let (sender, receiver) = oneshot::channel();
        self.threads.run(move |memory| {
            let done = stopwatch.time(|| work(memory));
            // Held by the work and not by whoever waits for it: a client that
            // hangs up does not make room while its hash still runs.
            drop((running, admitted));
            // Nobody waits any more where this fails.
            drop(sender.send(done));
        });
        receiver.await.map_err(|_| HashError::Argon2)?
    }
}

fn capacity(cores: usize) -> usize {
    cores.saturating_mul(1 + WAITING_PER_CORE)
}

fn check(
    password: &[u8],
    stored: Option<StoredHash>,
    renew: bool,
    memory: &mut HashMemory,
) -> Result<Checked, HashError> {
    let known = stored.is_some();
    let hash = stored.unwrap_or_else(StoredHash::of_nobody);
    if !hash.fits(password, memory)? || !known {
        return Ok(Checked::Wrong);
    }
    let stronger = (renew && hash.is_weak(password)?).then(|| StoredHash::of(password, memory));
    Ok(Checked::Right { stronger: stronger.transpose()? })
}

#[cfg(test)]
mod tests {
    use argon2::{Argon2, Params, PasswordHasher};

    use super::*;

    #[test]
    fn a_hash_of_weaker_parameters_is_replaced() {
        let weak = Argon2::from(Params::new(8, 1, 1, None).unwrap())
            .hash_password_with_salt(b"correct horse", b"0123456789abcdef")
            .unwrap();
        let weak = StoredHash::from_database(weak.to_string());
        let memory = &mut HashMemory::default();
        let checked = check(b"correct horse", Some(weak.clone()), true, memory);
        let Ok(Checked::Right { stronger: Some(stronger) }) = checked else {
            panic!("{checked:?}");
        };
        assert_eq!(stronger.is_weak(b"correct horse"), Ok(false));
        let again = check(b"correct horse", Some(stronger), true, memory);
        assert_eq!(again, Ok(Checked::Right { stronger: None }));
        let kept = check(b"correct horse", Some(weak.clone()), false, memory);
        assert_eq!(kept, Ok(Checked::Right { stronger: None }));
        assert_eq!(check(b"correct horsf", Some(weak), true, memory), Ok(Checked::Wrong));
        assert_eq!(check(b"correct horse", None, true, memory), Ok(Checked::Wrong));
    }

    #[tokio::test]
    async fn beyond_the_queue_everybody_is_turned_away_at_once() {
        let hasher = Hasher::new(1, Stopwatch::stopped()).unwrap();
        let places: Vec<_> = std::iter::from_fn(|| hasher.admit().ok()).collect();
        assert_eq!(places.len(), 1 + WAITING_PER_CORE);
        assert_eq!(hasher.admit().err(), Some(Busy));
        let all = 1 + WAITING_PER_CORE;
        assert_eq!(hasher.load(), Load { running: 0, waiting: all, capacity: all });
        drop(places);
        let place = hasher.admit().unwrap();
        let checked = place.check(Zeroizing::new("x".to_owned()), None, true).await;
        assert_eq!(checked, Ok(Checked::Wrong));
    }
}
