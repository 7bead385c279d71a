//! Asking a model again, as long as nothing of an answer is there.

use std::time::Duration;

use tokio::time::Instant;

use super::BackendError;

/// How often a model is asked, where it is busy: with the waits of [`Backoff`]
/// that is half a minute, and no gateway waits longer.
const MAX_ATTEMPTS: u32 = 8;

/// How often it may fail for other reasons.
const MAX_FAILURES: u32 = 3;

/// One attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: BackendError,
    again: Again,
}

/// Whether another attempt may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Never,
    /// Not before that time has passed, where the model said so.
    After(Option<Duration>),
}

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(250), longest: Duration::from_secs(8) }
    }
}

impl Failure {
    /// Asking again would not help, or cost twice.
    pub(super) const fn lasting(error: BackendError) -> Self {
        Self { error, again: Again::Never }
    }

    pub(super) const fn busy(retry_after_secs: Option<u64>) -> Self {
        let busy = Self { error: BackendError::Busy { retry_after_secs }, again: Again::After(None) };
        busy.not_before(retry_after_secs)
    }

    /// The model or the way to it failed, which passes more often than not.
    pub(super) const fn passing() -> Self {
        Self { error: BackendError::Failed, again: Again::After(None) }
    }

    /// Asks again no sooner than that, where the model said so.
    pub(super) const fn not_before(mut self, retry_after_secs: Option<u64>) -> Self {
        if let (Again::After(_), Some(secs)) = (self.again, retry_after_secs) {
            self.again = Again::After(Some(Duration::from_secs(secs)));
        }
        self
    }
}

impl Backoff {
    /// Makes attempts until one succeeds. Gives the last failure back where
    /// another attempt does not help, or would begin after `deadline`.
    pub(super) async fn retry<T, F>(
        self,
        deadline: Instant,
        attempt: impl Fn() -> F,
    ) -> Result<T, BackendError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (mut made, mut failed) = (0, 0);
        loop {
            let failure = match attempt().await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            made += 1;
            failed += u32::from(!matches!(failure.error, BackendError::Busy { .. }));
            let Again::After(told) = failure.again else {
                return Err(failure.error);
            };
            let begin = Instant::now().checked_add(self.wait(made).max(told.unwrap_or_default()));
            let Some(begin) = begin.filter(|begin| *begin < deadline) else { return Err(failure.error) };
            if made >= MAX_ATTEMPTS || failed >= MAX_FAILURES {
                return Err(failure.error);
            }
            tokio::time::sleep_until(begin).await;
        }
    }

    /// Doubles with every attempt. One half of a wait is left to chance, so that
    /// those who were turned away together do not come back together.
    fn wait(self, made: u32) -> Duration {
        let whole = self.first.saturating_mul(1 << made.saturating_sub(1).min(16)).min(self.longest);
        let mut random = [0];
        // Without random numbers the wait is the longest there may be.
        let share = if getrandom::fill(&mut random).is_ok() { u32::from(random[0]) } else { 255 };
        whole / 2 + whole * share / 510
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Retries attempts that fail in turn as told, the last one for ever. Gives
    /// the outcome, how many there were, and the seconds that it took.
    async fn run(failures: &[Failure], deadline_secs: u64) -> (Result<(), BackendError>, usize, u64) {
        let begin = Instant::now();
        let made = RefCell::new(0);
        let done = Backoff::default()
            .retry(begin + Duration::from_secs(deadline_secs), || {
                let failure = failures.get(*made.borrow()).copied();
                *made.borrow_mut() += 1;
                async move { failure.map_or(Ok(()), Err) }
            })
            .await;
        let made = *made.borrow();
        (done, made, (Instant::now() - begin).as_secs())
    }

    const BUSY: Failure = Failure::busy(None);
    const PASSING: Failure = Failure::passing();

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_again() {
        assert_eq!(run(&[], 60).await, (Ok(()), 1, 0));
        let (done, made, _) = run(&[BUSY, PASSING, BUSY], 60).await;
        assert_eq!((done, made), (Ok(()), 4));
    }

    #[tokio::test(start_paused = true)]
    async fn what_lasts_is_not() {
        let refused = Failure::lasting(BackendError::Refused);
        assert_eq!(run(&[refused], 60).await, (Err(BackendError::Refused), 1, 0));
        let (done, made, _) = run(&[BUSY, refused], 60).await;
        assert_eq!((done, made), (Err(BackendError::Refused), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_an_end_to_it() {
        let (done, made, secs) = run(&[BUSY; 100], 900).await;
        assert_eq!((done, made), (Err(BackendError::Busy { retry_after_secs: None }), 8));
        assert!((11..=24).contains(&secs), "{secs}");
        let (done, made, _) = run(&[PASSING; 100], 900).await;
        assert_eq!((done, made), (Err(BackendError::Failed), 3));
        // They are counted apart.
        let (done, made, _) = run(&[BUSY, BUSY, PASSING, BUSY, PASSING, BUSY], 900).await;
        assert_eq!((done, made), (Ok(()), 7));
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_the_deadline_and_nobody_waits_for_it() {
        let (done, made, secs) = run(&[BUSY; 100], 3).await;
        assert_eq!(done, Err(BackendError::Busy { retry_after_secs: None }));
        assert!(made > 2 && made < 8 && secs < 3, "{made} in {secs} s");
        assert_eq!(run(&[BUSY; 100], 0).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_is_left_alone_for_as_long_as_it_says() {
        let busy = Failure::busy(Some(20));
        assert_eq!(run(&[busy], 60).await, (Ok(()), 2, 20));
        let told = BackendError::Busy { retry_after_secs: Some(20) };
        assert_eq!(run(&[busy], 20).await, (Err(told), 1, 0));
        let failed = PASSING.not_before(Some(20));
        assert_eq!(run(&[failed], 60).await, (Ok(()), 2, 20));
        assert_eq!(run(&[failed], 20).await, (Err(BackendError::Failed), 1, 0));
    }
}
