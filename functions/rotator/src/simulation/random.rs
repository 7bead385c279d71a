//! Random numbers from a seed, so that a number names a whole run.

use std::ops::RangeInclusive;

/// Marsaglia's xorshift with 64 bits of state.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        // Small seeds begin alike.
        for _ in 0..8 {
            random.bits();
        }
        random
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.bits() % (range.end() - range.start() + 1)
    }

    pub(super) fn percent(&mut self, likely: u64) -> bool {
        self.within(0..=99) < likely
    }

    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.bits() % length as u64).unwrap()
    }

    pub(super) fn secret(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.bits().to_le_bytes()[0])
    }
}
