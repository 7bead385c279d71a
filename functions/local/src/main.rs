//! Starts `local` with the real clock and the real environment.

use std::{
    process::ExitCode,
    time::{Instant, SystemTime},
};

use local::Now;

#[expect(clippy::disallowed_methods, reason = "the one place that reads clock and environment")]
fn main() -> ExitCode {
    let start = Instant::now();
    let clock = move || Now { wall: SystemTime::now(), monotonic: start.elapsed() };
    local::run(std::env::args_os(), |name| std::env::var(name).ok(), clock)
}
