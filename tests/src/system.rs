//! Starts `local`: the same binary, built where tests can name it.

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
