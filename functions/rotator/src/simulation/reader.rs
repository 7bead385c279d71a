//! A machine with a copy of the ring: the real cache, over a store whose every
//! answer is decided beforehand.

use std::sync::{Arc, Mutex};

use keys::{CacheLimits, KeyCache, KeysUnavailable, SecretSource, SourceError, Versions};
use token::{KeyRing, Moment};
use tokio::runtime::Runtime;

use super::{clock::Clock, random::Random, store::Store, weather::Weather};

/// What the store says to the next question, and what it said last.
struct Answer {
    next: Result<KeyRing, SourceError>,
    asked: bool,
}

#[derive(Clone)]
struct Line(Arc<Mutex<Answer>>);

impl SecretSource for Line {
    async fn fetch(&self, _versions: Versions) -> Result<KeyRing, SourceError> {
        let mut answer = self.0.lock().unwrap();
        answer.asked = true;
        answer.next.clone()
    }
}

pub(super) struct Reader {
    clock: Clock,
    weather: Weather,
    line: Line,
    cache: KeyCache<Line>,
    limits: CacheLimits,
    /// When the store gave a ring last, kept apart from the cache.
    heard: Option<Moment>,
    runtime: Runtime,
}

impl Reader {
    pub(super) fn new(limits: CacheLimits, skew_secs: u64, random: &mut Random) -> Self {
        let silence = Err(SourceError::Transient("nothing was said yet".into()));
        let line = Line(Arc::new(Mutex::new(Answer { next: silence, asked: false })));
        Self {
            clock: Clock::new(skew_secs, random),
            weather: Weather::new(random),
            cache: KeyCache::with_source(line.clone(), limits),
            line,
            limits,
            heard: None,
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
        }
    }

    pub(super) fn now(&self, secs: u64) -> Moment {
        self.clock.at(secs)
    }

    /// How old the copy is, by the books kept here.
    pub(super) fn age_secs(&self, secs: u64) -> Option<u64> {
        self.heard.map(|heard| self.now(secs).age_secs(heard))
    }

    /// Asks the cache; `None` where it has nothing, which it may say past the
    /// hard limit only.
    pub(super) fn keys(&mut self, secs: u64, store: &Store, random: &mut Random) -> Option<Arc<KeyRing>> {
        self.prepare(secs, store, random);
        let answer = self.runtime.block_on(self.cache.keys(self.now(secs)));
        self.take_note(secs);
        match answer {
            Ok(ring) => Some(ring),
            Err(KeysUnavailable(SourceError::Transient(_))) => {
                let age_secs = self.age_secs(secs);
                assert!(
                    age_secs.is_none_or(|age| age > self.limits.hard_secs),
                    "unavailable at {age_secs:?}"
                );
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Asks for a ring other than `known`, as for a token whose key is unknown. An
    /// error says that there may be one.
    pub(super) fn newer_keys(
        &mut self,
        known: &Arc<KeyRing>,
        secs: u64,
        store: &Store,
        random: &mut Random,
    ) -> Result<Option<Arc<KeyRing>>, KeysUnavailable> {
        self.prepare(secs, store, random);
        let answer = self.runtime.block_on(self.cache.newer_keys(known, self.now(secs)));
        self.take_note(secs);
        answer
    }

    fn prepare(&mut self, secs: u64, store: &Store, random: &mut Random) {
        let next = if self.weather.is_good(secs, random) {
            Ok(store.read(secs, random))
        } else {
            Err(SourceError::Transient("ThrottlingException".into()))
        };
        *self.line.0.lock().unwrap() = Answer { next, asked: false };
    }

    fn take_note(&mut self, secs: u64) {
        let answer = self.line.0.lock().unwrap();
        if answer.asked && answer.next.is_ok() {
            self.heard = Some(self.clock.at(secs));
        }
    }
}
