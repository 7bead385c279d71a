//! How many connections there may be at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places for connections. Whoever finds none waits for one, and whoever
/// knocks meanwhile waits with the operating system.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    /// So many free ones are enough to call a crowd over.
    relaxed: usize,
    is_crowded: bool,
}

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), relaxed: count.div_ceil(10), is_crowded: false }
    }

    /// Waits for a place, and logs once per crowd that there was none.
    pub(crate) async fn take(&mut self) -> Option<OwnedSemaphorePermit> {
        if self.free.available_permits() >= self.relaxed {
            self.is_crowded = false;
        }
        if self.free.available_permits() == 0 && !self.is_crowded {
            self.is_crowded = true;
            tracing::warn!("every place for a connection is taken; new ones wait");
        }
        Arc::clone(&self.free).acquire_owned().await.ok()
    }
}
