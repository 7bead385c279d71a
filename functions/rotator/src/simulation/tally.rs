//! What happened in a run.

use std::ops::AddAssign;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    pub(super) signed: usize,
    /// An issuer whose ring was older than its lease.
    pub(super) unsigned: usize,
    pub(super) without_signing_key: usize,
    pub(super) accepted: usize,
    pub(super) accepted_with_stale_copy: usize,
    /// Made by a key that does not sign any more, or not yet by this clock.
    pub(super) accepted_of_retired_key: usize,
    /// Expired or not yet valid by the verifier's clock.
    pub(super) rightly_refused: usize,
    pub(super) wrongly_refused: usize,
    pub(super) unavailable: usize,
    pub(super) forged_refused: usize,
    pub(super) forged_accepted: usize,
    /// Rotations that became current.
    pub(super) finished: usize,
    pub(super) given_up: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.signed += other.signed;
        self.unsigned += other.unsigned;
        self.without_signing_key += other.without_signing_key;
        self.accepted += other.accepted;
        self.accepted_with_stale_copy += other.accepted_with_stale_copy;
        self.accepted_of_retired_key += other.accepted_of_retired_key;
        self.rightly_refused += other.rightly_refused;
        self.wrongly_refused += other.wrongly_refused;
        self.unavailable += other.unavailable;
        self.forged_refused += other.forged_refused;
        self.forged_accepted += other.forged_accepted;
        self.finished += other.finished;
        self.given_up += other.given_up;
    }
}
