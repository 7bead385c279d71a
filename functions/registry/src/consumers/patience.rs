//! How often a request is sent again, and after how long.
//!
//! The SDK has tried twice by then, for failures that it takes to be passing.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How much of what goes wrong is waited out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Attempts for a table that turns requests away for its load.
    busy: u32,
    /// Attempts for one that fails, or does not answer.
    failing: u32,
}

/// What a failure says about the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setback {
    /// It was turned away, and may be taken in a moment.
    Busy,
    /// It may have been done; its answer is lost.
    Lost,
    /// It would fail again.
    Final,
}

/// The attempts at one request.
pub(super) struct Attempts {
    left: Patience,
    made: u32,
}

impl Patience {
    /// Somebody waits for the answer.
    pub(super) const SOMEBODY_WAITS: Self = Self { busy: 5, failing: 1 };
    /// A table that is new takes minutes to grow with what is asked of it.
    pub(super) const BULK: Self = Self { busy: 12, failing: 4 };

    pub(super) fn begin(self) -> Attempts {
        Attempts { left: self, made: 0 }
    }
}

impl Attempts {
    /// Whether to try again, which is then the time for it.
    pub(super) async fn go_on_after(&mut self, setback: Setback) -> bool {
        let left = match setback {
            Setback::Busy => &mut self.left.busy,
            Setback::Lost => &mut self.left.failing,
            Setback::Final => return false,
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            return false;
        }
        self.made += 1;
        pause_before(self.made).await;
        true
    }
}

/// Waits longer each time; not at all before the first, number 0.
pub(super) async fn pause_before(attempt: u32) {
    if let Some(doublings) = attempt.checked_sub(1) {
        let pause = SHORTEST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings));
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

/// Tells a failed call by what to do next.
pub(super) fn setback<E>(error: &SdkError<E>) -> Setback
where
    SdkError<E>: ProvideErrorMetadata,
{
    const BUSY: [&str; 4] = [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
    ];
    match (error.code(), error) {
        (Some(code), _) if BUSY.contains(&code) => Setback::Busy,
        (_, SdkError::ServiceError(fault)) if fault.raw().status().as_u16() < 500 => Setback::Final,
        (_, SdkError::ConstructionFailure(_)) => Setback::Final,
        _ => Setback::Lost,
    }
}
