//! Would a login work now? Each part that it needs is asked by itself, so that
//! whoever is woken up knows where to look.

use crate::issuer::{Fault, Issuer};

/// What each part says.
#[derive(Debug)]
pub(crate) struct Readiness {
    pub(crate) database: Result<(), Fault>,
    /// Whether there is a key ring young enough, and one of its keys may sign.
    pub(crate) keys: Result<(), Fault>,
}

impl Issuer {
    pub(crate) async fn readiness(&self) -> Readiness {
        let (database, keys) = tokio::join!(self.store.ping(), self.signing_keys());
        Readiness { database: database.map_err(Fault::from), keys: keys.map(drop) }
    }
}
