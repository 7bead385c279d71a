//! The `issuer` program: reads the clock and the environment, nothing else.

use std::{
    process::ExitCode,
    time::{Instant, SystemTime},
};

use token::Moment;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock and the environment")]
fn main() -> ExitCode {
    let started = Instant::now();
    issuer::run(
        std::env::args_os(),
        |name| std::env::var(name).ok(),
        move || Moment::new(SystemTime::now(), started.elapsed()),
    )
}
