//! Telling the registry that a session has ended.

use std::{pin::Pin, time::Duration};

use registry::{Registry, Revocation};
use token::Timestamp;

/// The longest that one revocation may take. A registry that hangs must not
/// hold up what else is waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// The registry has not confirmed a revocation. It may have got it.
#[derive(Debug, thiserror::Error)]
#[error("the registry has not confirmed the revocation: {0}")]
pub(crate) struct NotConfirmed(pub(crate) String);

pub(crate) type Confirmation<'a> = Pin<Box<dyn Future<Output = Result<(), NotConfirmed>> + Send + 'a>>;

/// Makes verifiers refuse what is revoked.
pub(crate) trait Revoker: Send + Sync {
    /// Revokes until `until`, after which nothing revoked can be valid. To do
    /// so twice does no harm.
    fn revoke<'a>(&'a self, revocation: &'a Revocation, until: Timestamp) -> Confirmation<'a>;
}

impl Revoker for Registry {
    fn revoke<'a>(&'a self, revocation: &'a Revocation, until: Timestamp) -> Confirmation<'a> {
        Box::pin(async move {
            tokio::time::timeout(PATIENCE, Self::revoke(self, revocation, until))
                .await
                .map_err(|_| NotConfirmed("no answer in time".to_owned()))?
                .map_err(|error| NotConfirmed(error.to_string()))
        })
    }
}
