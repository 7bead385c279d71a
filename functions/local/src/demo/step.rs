//! The headings of the story, and what each step expects.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Answer;

static NUMBER: AtomicUsize = AtomicUsize::new(1);

pub(super) fn step(what: &str) {
    println!("{:>2}. {what}", NUMBER.fetch_add(1, Ordering::Relaxed));
}

/// Prints an answer's status, and ends the story where another was expected.
pub(super) fn expect(answer: Answer, status: u16) -> anyhow::Result<Answer> {
    println!("    {} {}", answer.status, answer.told());
    answer.expect(status)
}
