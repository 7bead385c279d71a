//! Asking the registry what verifiers ask it.

use std::{pin::Pin, sync::Arc, time::Duration};

use registry::{Registry, RegistryUnavailable, Standing};
use token::{Credential, KeyClaim, Moment, Principal};

/// The longest that one question may take: two of them fit into a request.
const PATIENCE: Duration = Duration::from_secs(2);

/// The registry has not answered: the question stays open.
#[derive(Debug, thiserror::Error)]
#[error("the registry has not answered: {0}")]
pub(crate) struct LookupFailed(pub(crate) String);

pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, LookupFailed>> + Send + 'a>>;

/// Knows what has been revoked, and the credentials of consumers.
pub(crate) trait Lookup: Send + Sync {
    fn credential<'a>(&'a self, claim: &'a KeyClaim, now: Moment) -> Answer<'a, Option<Arc<Credential>>>;

    fn standing<'a>(&'a self, principal: &'a Principal, now: Moment) -> Answer<'a, Standing>;
}

impl Lookup for Registry {
    fn credential<'a>(&'a self, claim: &'a KeyClaim, now: Moment) -> Answer<'a, Option<Arc<Credential>>> {
        Box::pin(in_time(Self::credential(self, claim, now)))
    }

    fn standing<'a>(&'a self, principal: &'a Principal, now: Moment) -> Answer<'a, Standing> {
        Box::pin(in_time(self.check(principal, now)))
    }
}

async fn in_time<T>(
    question: impl Future<Output = Result<T, RegistryUnavailable>>,
) -> Result<T, LookupFailed> {
    tokio::time::timeout(PATIENCE, question)
        .await
        .map_err(|_| LookupFailed("no answer in time".to_owned()))?
        .map_err(|error| LookupFailed(error.to_string()))
}
