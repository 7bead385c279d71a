//! An issuer: signs with the newest key whose time has come, and not at all
//! with a ring older than its lease.

use keys::CacheLimits;
use token::MAX_LIFETIME_SECS;

use super::{issued::Issued, random::Random, reader::Reader, store::Store, tally::Tally};

pub(super) struct Issuer {
    reader: Reader,
}

impl Issuer {
    pub(super) fn new(limits: CacheLimits, skew_secs: u64, random: &mut Random) -> Self {
        Self { reader: Reader::new(limits, skew_secs, random) }
    }

    pub(super) fn sign(
        &mut self,
        secs: u64,
        store: &Store,
        random: &mut Random,
        tally: &mut Tally,
    ) -> Option<Issued> {
        let Some(ring) = self.reader.keys(secs, store, random) else {
            tally.unsigned += 1;
            return None;
        };
        let lifetime_secs = random.within(MAX_LIFETIME_SECS / 4..=MAX_LIFETIME_SECS);
        let issued = Issued::new(&ring, self.reader.now(secs).wall, lifetime_secs);
        match issued {
            Some(_) => tally.signed += 1,
            None => tally.without_signing_key += 1,
        }
        issued
    }
}
