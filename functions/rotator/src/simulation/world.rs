//! All machines together, minute by minute.

use keys::CacheLimits;
use token::{Algorithm, AlgorithmSet, Key, KeyRing, Timestamp, rotation::RotationTiming};

use super::{
    issued::Issued,
    issuer::Issuer,
    random::Random,
    rotation::{Broken, Rotating},
    store::Store,
    tally::Tally,
    verifying::Verifying,
};

const ISSUERS: usize = 4;
const VERIFIERS: usize = 4;
const SOFT_SECS: u64 = 300;
const COOL_DOWN_SECS: u64 = 30;
const HOUR: u64 = 3600;

pub(super) struct World {
    random: Random,
    store: Store,
    rotating: Rotating,
    issuers: Vec<Issuer>,
    verifiers: Vec<Verifying>,
    under_way: Vec<Issued>,
    forged: String,
    tally: Tally,
}

impl World {
    pub(super) fn new(timing: &RotationTiming, broken: Broken, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let skew_secs = timing.clock_skew_secs;
        let limits = |hard_secs| CacheLimits {
            soft_secs: SOFT_SECS.min(hard_secs / 3),
            hard_secs,
            cool_down_secs: COOL_DOWN_SECS,
        };
        let lease_secs = if broken == Broken::NoLease { u64::MAX } else { timing.lease_secs };
        let first = key("v1", &mut random);
        let rotating = Rotating::new(timing, broken, &mut random);
        let issuers = (0..ISSUERS).map(|_| Issuer::new(limits(lease_secs), skew_secs, &mut random)).collect();
        let verifier = |random: &mut Random| {
            Verifying::new(limits(timing.hard_limit_secs), timing.leeway_secs, skew_secs, random)
        };
        let verifiers = (0..VERIFIERS).map(|_| verifier(&mut random)).collect();
        let forged = forged(&mut random);
        // A plain secret to begin with: the first rotation makes a ring of it.
        let store = Store::new(KeyRing::plain(first, None), timing.read_lag_secs);
        let tally = Tally::default();
        Self { random, store, rotating, issuers, verifiers, under_way: Vec::new(), forged, tally }
    }

    pub(super) fn run(mut self, hours: u64) -> Tally {
        let mut secs = 0;
        while secs < hours * HOUR {
            secs += self.random.within(20..=160);
            self.step(secs);
        }
        self.tally
    }

    fn step(&mut self, secs: u64) {
        let Self { random, store, rotating, issuers, verifiers, under_way, forged, tally } = self;
        rotating.step(secs, store, random, tally);
        for issuer in issuers {
            if random.percent(40) {
                under_way.extend(issuer.sign(secs, store, random, tally));
            }
        }
        let longest_over = verifiers.first().unwrap().now(secs).minus(HOUR / 10);
        under_way.retain(|issued| longest_over < issued.exp);
        for verifier in verifiers {
            if random.percent(15) {
                verifier.check_forged(forged, secs, store, random, tally);
            }
            if !under_way.is_empty() {
                let issued = &under_way[random.index(under_way.len())];
                verifier.check(issued, secs, store, random, tally);
            }
        }
    }
}

fn key(id: &str, random: &mut Random) -> Key {
    Key::new(Some(id.into()), AlgorithmSet::only(Algorithm::HS256), &random.secret()).unwrap()
}

/// A token that only somebody with another secret could have made.
fn forged(random: &mut Random) -> String {
    let ring = KeyRing::new(vec![key("forged", random)]).unwrap();
    Issued::new(&ring, Timestamp::from_unix_secs(1_750_000_000), HOUR).unwrap().text
}
