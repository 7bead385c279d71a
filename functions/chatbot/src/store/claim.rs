//! Idempotency keys: one request, however often it is sent.

use token::{Moment, Timestamp};

use super::{Store, StoreUnavailable};
use crate::{
    conversation::{Id, Owner},
    digest::sha256_hex,
};

/// How long a key is remembered: a day, as people retry.
pub(crate) const CLAIM_SECS: u64 = 86_400;

/// The hash of an `Idempotency-Key`, so that a table never holds what a client
/// put into it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct KeyHash(String);

/// What a request with a key is going to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) key: KeyHash,
    /// Hash of the request's body.
    pub(crate) fingerprint: KeyHash,
    pub(crate) conversation: Id,
    pub(crate) question: Id,
    pub(crate) answer: Id,
    /// Until then whoever sends the key again waits; later the request that had
    /// it is taken for dead, and the next one carries on with the same ids.
    pub(crate) leased_until: Timestamp,
}

/// A claim as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptClaim {
    pub(super) claim: Claim,
    /// The answer that whoever has the lease brought along: made for one request
    /// only, so it tells the holder from everybody else.
    pub(super) holder: Id,
    pub(super) is_done: bool,
}

/// What came of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// The request is new.
    New,
    /// An earlier one died on the way: carry on with its ids, under a new lease.
    TakenOver(Claim),
    /// The first request is still under way, for that many seconds at most.
    InFlight { secs: u64 },
    /// The request was answered; this names the answer.
    Done(Claim),
    /// The key was used for another request.
    Mismatch,
}

impl KeyHash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(sha256_hex(bytes))
    }

    /// A hash that was kept as text.
    pub(super) fn kept(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeptClaim {
    pub(super) fn new(claim: &Claim) -> Self {
        Self { claim: claim.clone(), holder: claim.answer, is_done: false }
    }

    /// Returns what whoever wants the key for `wanted` is told; `None` where the
    /// lease is over, and the key to be had by taking it over.
    pub(super) fn told(&self, wanted: &Claim, now: Timestamp) -> Option<Claimed> {
        if self.claim.fingerprint != wanted.fingerprint {
            return Some(Claimed::Mismatch);
        }
        if self.is_done {
            return Some(Claimed::Done(self.claim.clone()));
        }
        if self.claim.leased_until <= now {
            return None;
        }
        Some(if self.holder != wanted.answer {
            Claimed::InFlight { secs: self.claim.leased_until.secs_since(now) }
        } else if self.claim.answer == wanted.answer {
            // Written before, with the answer to that lost on its way.
            Claimed::New
        } else {
            Claimed::TakenOver(self.claim.clone())
        })
    }

    /// Returns the claim as it is once `wanted` has taken it over.
    pub(super) fn taken_over_by(&self, wanted: &Claim) -> Self {
        let claim = Claim { leased_until: wanted.leased_until, ..self.claim.clone() };
        Self { claim, holder: wanted.answer, is_done: false }
    }
}

impl Store {
    /// Claims an idempotency key.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn claim(
        &self,
        owner: &Owner,
        claim: &Claim,
        now: Moment,
    ) -> Result<Claimed, StoreUnavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.claim(owner, claim, now.wall)),
            Self::Table(table) => table.claim(owner, claim, now.wall).await,
        }
    }

    /// Notes that the request of a claimed key was answered.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn answered(
        &self,
        owner: &Owner,
        claim: &Claim,
        now: Moment,
    ) -> Result<(), StoreUnavailable> {
        match self {
            Self::Memory(memory) => {
                memory.answered(owner, claim, now.wall);
                Ok(())
            }
            Self::Table(table) => table.answered(owner, claim, now.wall).await,
        }
    }

    /// Ends the lease of a request that was not answered, so that it can be sent
    /// again at once, and carries on with the same ids then. Whoever lost the
    /// lease meanwhile ends nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::begin`].
    pub(crate) async fn release(
        &self,
        owner: &Owner,
        claim: &Claim,
        now: Moment,
    ) -> Result<(), StoreUnavailable> {
        match self {
            Self::Memory(memory) => {
                memory.release(owner, claim, now.wall);
                Ok(())
            }
            Self::Table(table) => table.release(owner, claim, now.wall).await,
        }
    }
}
