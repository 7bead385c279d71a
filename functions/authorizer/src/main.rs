//! Starts the authorizer with the process's environment and clocks.

use std::{
    process::ExitCode,
    time::{Instant, SystemTime},
};

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock and the environment")]
fn main() -> ExitCode {
    let started = Instant::now();
    authorizer::run(
        std::env::args_os(),
        |name| std::env::var(name).ok(),
        move || token::Moment::new(SystemTime::now(), started.elapsed()),
    )
}
