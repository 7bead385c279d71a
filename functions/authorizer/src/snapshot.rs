//! What happens around a snapshot of this process (`SnapStart`).
//!
//! A snapshot is stored, and every copy that starts from it believes that no
//! time has passed. So the keys are dropped before and fetched after it.

use std::pin::Pin;

use lambda_runtime::{Error, SnapStartResource};
use token::Moment;

use crate::Authorizer;

/// The part of an authorizer that must not be in a snapshot.
pub(crate) struct Snapshot<C> {
    pub(crate) authorizer: Authorizer,
    pub(crate) clock: C,
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

impl<C: Fn() -> Moment + Send + Sync> SnapStartResource for Snapshot<C> {
    fn before_snapshot(&self) -> Done<'_> {
        self.authorizer.forget_keys();
        Box::pin(async { Ok(()) })
    }

    fn after_restore(&self) -> Done<'_> {
        let now = (self.clock)();
        Box::pin(async move {
            // A store that is out of reach now may be back for the first request.
            let _retried_then = self.authorizer.warm_up(now).await;
            Ok(())
        })
    }
}
