//! An order of four things, drawn anew each time.

use std::hash::{BuildHasher, RandomState};

pub(crate) struct Order {
    random: RandomState,
    drawn: u64,
}

impl Order {
    pub(crate) fn new() -> Self {
        Self { random: RandomState::new(), drawn: 0 }
    }

    pub(crate) fn shuffled(&mut self) -> [usize; 4] {
        let mut order = [0, 1, 2, 3];
        self.drawn += 1;
        order.sort_by_key(|one| self.random.hash_one((self.drawn, one)));
        order
    }
}
