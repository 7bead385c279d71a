//! What logins cost and tell: whether their time gives away why one was refused,
//! and what a storm of them does to everybody else.
//!
//!   cargo bench -p issuer --bench login            both
//!   cargo bench -p issuer --bench login -- time    one: time, storm

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot go on has nothing to say, and it measures with the real clock"
)]

mod issuer;
mod memory;
mod order;
mod statistics;
mod storm;
mod superiority;
mod time;

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let all = wanted.is_empty();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if all || wanted.iter().any(|name| name == "time") {
        runtime.block_on(time::run());
    }
    if all || wanted.iter().any(|name| name == "storm") {
        runtime.block_on(storm::run());
    }
}
