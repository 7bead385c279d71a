//! What administrators do with consumers and their credentials, over HTTP and
//! at the command line.
//!
//! Both show the same fields, and both make secrets up alike. Where consumers
//! are kept is the `registry`'s business.

mod answers;
mod fresh;
mod refusal;

use token::Timestamp;

pub(crate) use answers::{ConsumerAnswer, CredentialAnswer};
pub(crate) use fresh::{fresh_key, fresh_secret};
pub(crate) use refusal::{FieldFault, Told};

/// How long an old secret lives beside its successor where nobody says: long
/// enough to change over by hand.
pub(crate) const DEFAULT_OVERLAP_SECS: u64 = 3600;

/// The longest that it may. Two secrets for ever are none replaced.
pub(crate) const MAX_OVERLAP_SECS: u64 = 31_536_000;

/// The last second of an old secret: before `now` where it is to end at once.
pub(crate) fn old_secret_until(overlap_secs: u64, now: Timestamp) -> Timestamp {
    if overlap_secs == 0 { now.minus(1) } else { now.plus(overlap_secs) }
}
