//! Work that goes on when whoever asked for it has gone.

use std::sync::Mutex;

use tokio::sync::mpsc;

/// Knows when the last task has ended.
#[derive(Debug)]
pub(crate) struct Tasks {
    running: Mutex<Option<mpsc::Sender<()>>>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// Held by a task as long as it runs.
#[derive(Debug)]
pub(crate) struct Running {
    _sender: Option<mpsc::Sender<()>>,
}

impl Default for Tasks {
    fn default() -> Self {
        let (running, ended) = mpsc::channel(1);
        Self { running: Mutex::new(Some(running)), ended: tokio::sync::Mutex::new(ended) }
    }
}

impl Tasks {
    /// Returns what a task is to hold.
    pub(crate) fn begin(&self) -> Running {
        let running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Running { _sender: running.clone() }
    }

    /// Waits until every task has ended; those that begin later are not waited for.
    pub(crate) async fn ended(&self) {
        *self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        // Nothing is ever sent: this is the end of the last sender.
        let _none = self.ended.lock().await.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Poll};

    use super::*;

    #[tokio::test]
    async fn the_end_waits_for_the_last_task() {
        let tasks = Tasks::default();
        let (first, second) = (tasks.begin(), tasks.begin());
        let mut ended = pin!(tasks.ended());
        let is_over = |ended: std::pin::Pin<&mut _>| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            Future::poll(ended, &mut context) == Poll::Ready(())
        };
        drop(first);
        assert!(!is_over(ended.as_mut()));
        drop(second);
        assert!(is_over(ended.as_mut()));
    }
}
