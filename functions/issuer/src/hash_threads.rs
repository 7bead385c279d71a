//! The threads that hash passwords.
//!
//! They stand back: a hash takes a core for as long as a hundred other answers
//! take, and under a storm of logins somebody who only refreshes would wait for
//! the processor at each step. A login, which takes tens of milliseconds anyway,
//! is not slower for it while there is nothing else to do.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use crate::password_hash::HashMemory;

/// So many steps down from the process, of at most 19. The scheduler gives such a
/// thread a tenth of what it gives others, and all where there are no others.
#[cfg(target_os = "linux")]
const STEPS_DOWN: i32 = 10;
#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

type Job = Box<dyn FnOnce(&mut HashMemory) + Send>;

/// Some threads, each with the memory that one hash takes. Given back to an
/// allocator and taken again it piles up there, and page faults cost more than a
/// tenth of a hash.
#[derive(Debug, Clone)]
pub(crate) struct HashThreads(Sender<Job>);

impl HashThreads {
    /// Starts so many threads. They end when nobody can give them work any more.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..count {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name("hash".to_owned()).spawn(move || work(&receiver))?;
        }
        Ok(Self(sender))
    }

    /// Runs `job` on the next thread that is free. Where it cannot be run, it is
    /// dropped.
    pub(crate) fn run(&self, job: impl FnOnce(&mut HashMemory) + Send + 'static) {
        drop(self.0.send(Box::new(job)));
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    stand_back();
    let mut memory = HashMemory::default();
    loop {
        // Held while it waits: then the others wait for the lock.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic has dropped what its job held, and whoever waits for that job
        // is told. The thread goes on with new memory.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            memory = HashMemory::default();
        }
    }
}

/// Lowers the priority of this thread.
fn stand_back() {
    // Linux alone has a niceness per thread; elsewhere it would be the process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = niceness().and_then(|now| {
        rustix::process::setpriority_process(None, now.saturating_add(STEPS_DOWN).min(LOWEST))
    }) {
        tracing::warn!(%error, "logins may slow everything else down: a thread could not lower its priority");
    }
}

/// Returns the niceness of this thread.
#[cfg(target_os = "linux")]
fn niceness() -> rustix::io::Result<i32> {
    rustix::process::getpriority_process(None)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_takes_no_thread_with_it() {
        let threads = HashThreads::start(1).unwrap();
        let (sender, receiver) = oneshot::channel::<()>();
        threads.run(move |_| {
            let _dropped = sender;
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(receiver.await.is_err());
        let (sender, receiver) = oneshot::channel();
        threads.run(move |_| sender.send(7).unwrap());
        assert_eq!(receiver.await, Ok(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_threads_that_hash_stand_back() {
        let threads = HashThreads::start(1).unwrap();
        let (sender, receiver) = oneshot::channel();
        let before = niceness().unwrap();
        threads.run(move |_| sender.send(niceness().unwrap()).unwrap());
        assert_eq!(receiver.await, Ok((before + STEPS_DOWN).min(LOWEST)));
        assert_eq!(niceness(), Ok(before));
    }
}
