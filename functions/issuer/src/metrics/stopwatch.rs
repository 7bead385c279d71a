//! How long something takes, by the clock that the program was given.

use prometheus_client::metrics::histogram::Histogram;

use crate::issuer::Clock;

/// Takes the time of what it is asked to run.
#[derive(Clone)]
pub(crate) struct Stopwatch {
    clock: Clock,
    seconds: Histogram,
}

impl Stopwatch {
    pub(crate) fn new(clock: Clock, seconds: Histogram) -> Self {
        Self { clock, seconds }
    }

    pub(crate) fn time<R>(&self, work: impl FnOnce() -> R) -> R {
        let began = (self.clock)().monotonic;
        let result = work();
        let took = (self.clock)().monotonic.saturating_sub(began);
        self.seconds.observe(took.as_secs_f64());
        result
    }

    /// One whose time stands still.
    #[cfg(test)]
    pub(crate) fn stopped() -> Self {
        Self::new(crate::tests::stopped_clock(), super::Metrics::new().hash_seconds())
    }
}
