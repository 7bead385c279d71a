//! The one signal on which every part of a system ends.

use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct StopSender(watch::Sender<bool>);

#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn channel() -> (StopSender, Self) {
        let (sender, receiver) = watch::channel(false);
        (StopSender(sender), Self(receiver))
    }

    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves once the system has to end, also because its owner is gone.
    pub(crate) async fn asked(&mut self) {
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}

impl StopSender {
    pub(crate) fn ask(&self) {
        self.0.send_replace(true);
    }
}
