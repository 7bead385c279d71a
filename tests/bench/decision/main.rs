//! What a decision costs inside the process, without a runtime around it.
//!
//!     cargo bench -p authorizer --bench decision            times (divan's options apply)
//!     <the binary> count CASE TIMES                         does a case so often, for an
//!                                                           instruction counter around it
//!
//! Times are for comparing two cases of one run. Instructions hardly depend on
//! the machine; tests/bench/instructions counts them and compares each case with
//! the limit that it is held to.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "it reads the real clock once, and ends where it cannot go on"
)]

mod cases;
mod samples;

use cases::{CASES, case};
use divan::Bencher;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [_, "count", name, times] => {
            let times: u32 = times.parse().expect("a number of times");
            let mut work = case(name);
            (0..times).for_each(|_| work());
        }
        [_, "cases"] => CASES.iter().for_each(|name| println!("{name}")),
        _ => divan::main(),
    }
}

#[divan::bench(args = CASES)]
fn time(bencher: Bencher<'_, '_>, name: &str) {
    bencher.bench_local(case(name));
}
