//! The cache of the key ring: soft TTL, hard limit, cool-down, single flight.
//!
//! Past the soft TTL one caller refreshes and the others go on with what there
//! is; past the hard limit everybody waits for the one refresh or fails.
//! Only a success is kept. After a refusal by the store nothing is kept at all.
//!
//! The version before a plain secret's current one is asked for once a token
//! comes that the current one does not fit, and from then on always: most
//! processes never see one, and start with one question less.

use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_config::SdkConfig;
use token::{KeyRing, Moment, Principal, Reason, Verifier};

use crate::{
    ConfiguredSource, KeySettings, SecretSource, SourceError, Versions,
    cache_state::{Failure, Held, Question, State, lock},
};

/// How long somebody who has a copy waits for a newer one: for one attempt, not
/// for the second, so that a store which hangs costs no request its answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How old a copy may be and how often a refresh may be forced, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Past this age a copy is refreshed.
    pub soft_secs: u64,
    /// Past this age a copy is not used any more.
    pub hard_secs: u64,
    /// The shortest time between two forced refreshes, and the longest pause
    /// after a failure.
    pub cool_down_secs: u64,
}

/// There is no ring that may be used: not a "no", the question is open.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct KeysUnavailable(#[from] pub SourceError);

/// A key ring and its age.
pub struct KeyCache<S = ConfiguredSource> {
    source: S,
    limits: CacheLimits,
    state: Mutex<State>,
    /// Held by the one caller that asks the store.
    flight: tokio::sync::Mutex<()>,
    fetches: AtomicU64,
}

enum View {
    Fresh(Arc<KeyRing>),
    Stale(Arc<KeyRing>),
    Cooling(Option<Arc<KeyRing>>, SourceError),
    Nothing,
}

impl KeyCache {
    /// `aws` may be `None` where [`KeySettings::needs_aws`] says so.
    pub fn new(settings: KeySettings, aws: Option<&SdkConfig>) -> Self {
        let limits = settings.limits;
        Self::with_source(settings.into_source(aws), limits)
    }
}

impl<S: SecretSource> KeyCache<S> {
    pub fn with_source(source: S, limits: CacheLimits) -> Self {
        Self {
            source,
            limits,
            state: Mutex::default(),
            flight: tokio::sync::Mutex::new(()),
            fetches: AtomicU64::new(0),
        }
    }

    /// Returns the ring, refreshed where it is due.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] where the store refuses, or cannot be reached and
    /// there is no copy younger than the hard limit.
    pub async fn keys(&self, now: Moment) -> Result<Arc<KeyRing>, KeysUnavailable> {
        let copy = match self.view(now) {
            View::Fresh(ring) | View::Cooling(Some(ring), _) => return Ok(ring),
            View::Cooling(None, error) => return Err(error.into()),
            View::Stale(ring) => Some(ring),
            View::Nothing => None,
        };
        let _flight = match (self.flight.try_lock(), copy) {
            (Ok(flight), _) => flight,
            (Err(_), Some(ring)) => return Ok(ring),
            (Err(_), None) => self.flight.lock().await,
        };
        // Whoever held the flight before may have answered the question.
        match self.view(now) {
            View::Fresh(ring) | View::Cooling(Some(ring), _) => Ok(ring),
            View::Cooling(None, error) => Err(error.into()),
            View::Nothing => Ok(self.refresh(now).await?),
            View::Stale(copy) => match tokio::time::timeout(PATIENCE, self.refresh(now)).await {
                Ok(Ok(ring)) => Ok(ring),
                Ok(Err(SourceError::Transient(_))) | Err(_) => Ok(copy),
                Ok(Err(error)) => Err(error.into()),
            },
        }
    }

    /// Verifies with the keys at hand, and once more where others may help.
    ///
    /// # Errors
    ///
    /// As [`Self::keys`] and [`Self::newer_keys`]. A reason inside is a "no".
    pub async fn verify(
        &self,
        verifier: &Verifier,
        unverified_token: &str,
        now: Moment,
    ) -> Result<Result<Principal, Reason>, KeysUnavailable> {
        let ring = self.keys(now).await?;
        let mut verified = verifier.verify(unverified_token, &ring, now.wall);
        if verified.as_ref().is_err_and(|rejection| rejection.newer_keys_may_help)
            && let Some(newer) = self.newer_keys(&ring, now).await?
        {
            verified = verifier.verify(unverified_token, &newer, now.wall);
        }
        Ok(verified.map_err(|rejection| rejection.reason))
    }

    /// Returns a ring newer or more complete than `known`, for a token that no key
    /// of that one fits; `None` where there is none to be had. The store is asked
    /// for a newer one at most once per cool-down.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] where the store refuses, or where the version before
    /// the current one was never told.
    pub async fn newer_keys(
        &self,
        known: &Arc<KeyRing>,
        now: Moment,
    ) -> Result<Option<Arc<KeyRing>>, KeysUnavailable> {
        if let Some(ring) = self.other_than(known) {
            return Ok(Some(ring));
        }
        let _flight = self.flight.lock().await;
        if let Some(ring) = self.other_than(known) {
            return Ok(Some(ring));
        }
        if self.want_previous(now) {
            // Until that version is known the answer is open, and not "no".
            return match self.failed_just_now(now) {
                Some(error) => Err(error.into()),
                None => Ok(Some(self.refresh(now).await?)),
            };
        }
        if !self.may_force(now) {
            return Ok(None);
        }
        match self.refresh(now).await {
            Ok(ring) => Ok(Some(ring)),
            // The copy has not reached its hard limit: its answer stands.
            Err(SourceError::Transient(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The age in seconds of the ring, for a metric; `None` where there is none.
    pub fn age_secs(&self, now: Moment) -> Option<u64> {
        self.state().held.as_ref().map(|held| now.age_secs(held.fetched))
    }

    /// Whether there is a ring that may be used, whatever its store does.
    pub fn has_keys(&self, now: Moment) -> bool {
        self.age_secs(now).is_some_and(|age_secs| age_secs <= self.limits.hard_secs)
    }

    /// How often the store has been asked so far.
    pub fn fetches(&self) -> u64 {
        self.fetches.load(Ordering::Relaxed)
    }

    /// Drops the ring, as if this process had just started.
    pub fn forget(&self) {
        *self.state() = State::default();
    }

    /// Asks the store. The age counts from before the question, so that a slow
    /// answer does not make a ring younger than it is.
    async fn refresh(&self, now: Moment) -> Result<Arc<KeyRing>, SourceError> {
        let mut question = Question { state: &self.state, asked: now, answered: false };
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let versions =
            if self.state().wants_previous { Versions::CurrentAndPrevious } else { Versions::Current };
        let answer = self.source.fetch(versions).await;
        question.answered = true;
        match answer {
            Ok(ring) => {
                let ring = Arc::new(ring);
                let mut state = self.state();
                state.held = Some(Held { ring: Arc::clone(&ring), versions, fetched: now });
                state.failure = None;
                Ok(ring)
            }
            Err(error) => {
                tracing::warn!(%error, "could not refresh the key ring");
                self.state().note(error.clone(), now);
                Err(error)
            }
        }
    }

    fn view(&self, now: Moment) -> View {
        let state = self.state();
        let usable = state.held.as_ref().filter(|held| now.age_secs(held.fetched) <= self.limits.hard_secs);
        match (usable, &state.failure) {
            (Some(held), _) if now.age_secs(held.fetched) < self.limits.soft_secs => {
                View::Fresh(Arc::clone(&held.ring))
            }
            (held, Some(failure)) if self.is_recent(failure, now) => {
                View::Cooling(held.map(|held| Arc::clone(&held.ring)), failure.error.clone())
            }
            (Some(held), _) => View::Stale(Arc::clone(&held.ring)),
            (None, _) => View::Nothing,
        }
    }

    /// 1, 2, 4 … seconds after failures in a row: a first failure at a cold
    /// start must not cost a whole cool-down, an outage must not be hammered.
    fn pause_secs(&self, failures: u32) -> u64 {
        1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX).min(self.limits.cool_down_secs)
    }

    fn other_than(&self, known: &Arc<KeyRing>) -> Option<Arc<KeyRing>> {
        self.state().held.as_ref().map(|held| &held.ring).filter(|ring| !Arc::ptr_eq(ring, known)).cloned()
    }

    fn failed_just_now(&self, now: Moment) -> Option<SourceError> {
        let state = self.state();
        let recent = state.failure.as_ref().filter(|failure| self.is_recent(failure, now));
        recent.map(|failure| failure.error.clone())
    }

    fn is_recent(&self, failure: &Failure, now: Moment) -> bool {
        now.age_secs(failure.at) < self.pause_secs(failure.count)
    }

    /// Returns whether the ring at hand lacks the version before, which is asked
    /// for from now on.
    fn want_previous(&self, now: Moment) -> bool {
        let mut state = self.state();
        let lacks = |held: &Held| held.versions == Versions::Current && !held.ring.kid_decides();
        let lacking = state.held.as_ref().is_some_and(lacks);
        if lacking {
            state.wants_previous = true;
            // What comes is the newest, too.
            state.forced = Some(now);
        }
        lacking
    }

    fn may_force(&self, now: Moment) -> bool {
        let mut state = self.state();
        let allowed = state.forced.is_none_or(|forced| now.age_secs(forced) >= self.limits.cool_down_secs);
        if allowed {
            state.forced = Some(now);
        }
        allowed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
