//! The rotation function, with all the time in the world between its steps.

use token::{
    Key, KeyRing,
    rotation::{self, NewKey, RotationTiming, UnfitRing},
};

use super::{clock::Clock, random::Random, store::Store, tally::Tally};
use crate::settings::ALGORITHM;

const MINUTE: u64 = 60;

/// Which rule is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    Nothing,
    /// The new key signs as soon as it is made.
    SignsAtOnce,
    /// The old key verifies no longer than it signs.
    EndsAtActivation,
    /// An issuer signs with a ring of any age.
    NoLease,
    /// A ring becomes current however late it is.
    NoGuard,
    /// The ring holds the newest key alone, as a plain value would.
    CurrentKeyOnly,
}

pub(super) struct Rotating {
    timing: RotationTiming,
    broken: Broken,
    clock: Clock,
    next_at: u64,
    made: usize,
    pending: Vec<Pending>,
}

struct Pending {
    id: String,
    ring: KeyRing,
    finish_at: u64,
}

impl Rotating {
    pub(super) fn new(timing: &RotationTiming, broken: Broken, random: &mut Random) -> Self {
        let mut timing = timing.clone();
        if broken == Broken::EndsAtActivation {
            timing.token_lifetime_secs = 0;
            timing.leeway_secs = 0;
            timing.lease_secs = 0;
        }
        let clock = Clock::new(timing.clock_skew_secs, random);
        Self { timing, broken, clock, next_at: 30 * MINUTE, made: 1, pending: Vec::new() }
    }

    /// Does what is due `secs` seconds after the start.
    pub(super) fn step(&mut self, secs: u64, store: &mut Store, random: &mut Random, tally: &mut Tally) {
        if self.next_at <= secs {
            self.create(secs, store, random);
            // One in three is followed by another at once.
            let pause = if random.percent(33) { 0..=60 } else { 180..=600 };
            self.next_at = secs + MINUTE * random.within(pause);
        }
        let (due, rest) = self.pending.drain(..).partition(|pending| pending.finish_at <= secs);
        self.pending = rest;
        for pending in due {
            self.finish(pending, secs, store, tally);
        }
    }

    fn create(&mut self, secs: u64, store: &Store, random: &mut Random) {
        self.made += 1;
        // Each rotation may run on another machine.
        self.clock = Clock::new(self.timing.clock_skew_secs, random);
        let id = format!("v{}", self.made);
        let now = self.clock.at(secs).wall;
        let current = stored(store.current());
        let secret = random.secret();
        let new = NewKey { id: &id, algorithm: ALGORITHM, secret: &secret };
        let ring = rotation::next_ring(&current, new, &self.timing, now).unwrap();
        let ring = match self.broken {
            Broken::SignsAtOnce => edit_new(&ring, &id, |key| key.with_times(Some(now), None)),
            Broken::CurrentKeyOnly => {
                let new = ring.keys().iter().find(|key| key.id() == Some(&id)).cloned();
                KeyRing::new(vec![new.unwrap().with_times(None, None)]).unwrap()
            }
            _ => ring,
        };
        // Mostly soon; one in three may take so long that it has to be given up.
        let latest = self.timing.sign_after_secs + 60 * MINUTE;
        let slow =
            if random.percent(33) { random.within(30 * MINUTE..=latest) } else { random.within(0..=600) };
        self.pending.push(Pending { id, ring, finish_at: secs + slow });
    }

    fn finish(&self, pending: Pending, secs: u64, store: &mut Store, tally: &mut Tally) {
        let now = self.clock.at(secs).wall;
        let Pending { id, ring, .. } = pending;
        let checked = rotation::check(&stored(&ring), &stored(store.current()), &id, &self.timing, now);
        let passes = match checked {
            Ok(()) => true,
            Err(UnfitRing::TooLate) => {
                matches!(self.broken, Broken::NoGuard | Broken::SignsAtOnce | Broken::CurrentKeyOnly)
            }
            Err(_) => self.broken == Broken::CurrentKeyOnly,
        };
        if passes {
            tally.finished += 1;
            store.make_current(ring, secs);
        } else {
            tally.given_up += 1;
        }
    }
}

/// The ring as it is read back from the store.
fn stored(ring: &KeyRing) -> KeyRing {
    KeyRing::from_json(&ring.to_json()).unwrap()
}

fn edit_new(ring: &KeyRing, id: &str, edit: impl Fn(Key) -> Key) -> KeyRing {
    let keys = ring.keys().iter().cloned();
    KeyRing::new(keys.map(|key| if key.id() == Some(id) { edit(key) } else { key }).collect()).unwrap()
}
