//! A verifier: the real one, with one forced refresh where a key is unknown, as
//! the authorizer does it.

use keys::CacheLimits;
use token::{
    Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyRing, MAX_LIFETIME_SECS, Policy, Rejection,
    Timestamp, Verifier,
};

use super::{
    issued::{Issued, NAME},
    random::Random,
    reader::Reader,
    store::Store,
    tally::Tally,
};

pub(super) struct Verifying {
    reader: Reader,
    verifier: Verifier,
    soft_secs: u64,
}

enum Verdict {
    Accepted,
    Refused,
    Unavailable,
}

impl Verifying {
    pub(super) fn new(limits: CacheLimits, leeway_secs: u64, skew_secs: u64, random: &mut Random) -> Self {
        let verifier = Verifier {
            algorithms: AlgorithmSet::only(Algorithm::HS256),
            policy: Policy {
                issuer: IssuerRule::Exactly(NAME.into()),
                audience: Audience::OneOf(vec![NAME.into()]),
                leeway_secs,
                max_lifetime_secs: Some(MAX_LIFETIME_SECS),
                default_role: None,
                accept_untyped: false,
            },
            max_token_bytes: 8192,
        };
        Self { reader: Reader::new(limits, skew_secs, random), verifier, soft_secs: limits.soft_secs }
    }

    pub(super) fn now(&self, secs: u64) -> Timestamp {
        self.reader.now(secs).wall
    }

    pub(super) fn check(
        &mut self,
        issued: &Issued,
        secs: u64,
        store: &Store,
        random: &mut Random,
        tally: &mut Tally,
    ) {
        let now = self.now(secs);
        match self.verify(&issued.text, secs, store, random) {
            Verdict::Unavailable => tally.unavailable += 1,
            Verdict::Refused if self.is_valid(issued, now) => tally.wrongly_refused += 1,
            Verdict::Refused => tally.rightly_refused += 1,
            Verdict::Accepted => {
                tally.accepted += 1;
                let stale = self.reader.age_secs(secs).is_some_and(|age| age > self.soft_secs);
                tally.accepted_with_stale_copy += usize::from(stale);
                let signing = store.current().signing_key(now).and_then(Key::id);
                tally.accepted_of_retired_key += usize::from(signing != issued.key.id());
            }
        }
    }

    /// A token with a key id that nobody knows: it costs the forced refresh that
    /// a good token might need a moment later.
    pub(super) fn check_forged(
        &mut self,
        forged: &str,
        secs: u64,
        store: &Store,
        random: &mut Random,
        tally: &mut Tally,
    ) {
        match self.verify(forged, secs, store, random) {
            Verdict::Accepted => tally.forged_accepted += 1,
            Verdict::Refused => tally.forged_refused += 1,
            Verdict::Unavailable => tally.unavailable += 1,
        }
    }

    fn verify(&mut self, text: &str, secs: u64, store: &Store, random: &mut Random) -> Verdict {
        let Some(ring) = self.reader.keys(secs, store, random) else { return Verdict::Unavailable };
        let now = self.now(secs);
        let mut outcome = self.verifier.verify(text, &ring, now);
        if let Err(Rejection { newer_keys_may_help: true, .. }) = outcome {
            match self.reader.newer_keys(&ring, secs, store, random) {
                Ok(Some(newer)) => outcome = self.verifier.verify(text, &newer, now),
                Ok(None) => {}
                Err(_) => return Verdict::Unavailable,
            }
        }
        if outcome.is_ok() { Verdict::Accepted } else { Verdict::Refused }
    }

    /// Whether the token holds for somebody who has its very key for ever.
    fn is_valid(&self, issued: &Issued, now: Timestamp) -> bool {
        let ring = KeyRing::new(vec![issued.key.clone().with_times(None, None)]).unwrap();
        self.verifier.verify(&issued.text, &ring, now).is_ok()
    }
}
