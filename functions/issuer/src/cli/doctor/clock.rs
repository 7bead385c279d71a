//! Does this machine's clock say what others say?
//!
//! Every token says when it was made by this clock, and is judged by another.

use token::Timestamp;

use super::finding::Finding;
use crate::cli::times::span;

/// What verifiers forgive.
const TOO_MUCH_SECS: u64 = 30;

/// More than an answer takes.
const ODD_SECS: u64 = 5;

pub(super) fn check(whose: &'static str, theirs: Option<Timestamp>, ours: Timestamp) -> Finding {
    let Some(theirs) = theirs else {
        return Finding::skipped(whose, "not compared: nothing here asks one");
    };
    let apart_secs = theirs.secs_since(ours).max(ours.secs_since(theirs));
    let told = format!("{} apart from this machine's", span(apart_secs));
    let advice = "set the clock by the network (NTP), on the machine that is wrong";
    if apart_secs >= TOO_MUCH_SECS {
        Finding::failed(whose, told, advice)
    } else if apart_secs >= ODD_SECS {
        Finding::warning(whose, told, advice)
    } else {
        Finding::good(whose, told)
    }
}
