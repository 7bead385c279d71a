//! The rotation of a key ring: publish, wait, sign, retire.
//!
//! Pure: rings in, ring or refusal out. Whoever rotates, the function that
//! Secrets Manager calls or an operator at the command line, goes by these
//! rules. The invariant that carries them: every verifier knows a key before any
//! issuer signs with it, and keeps the one before until its last token has
//! expired. Only [`emergency_ring`] breaks it, on purpose.

mod check;
mod plan;
mod timing;

pub use check::{UnfitRing, check};
pub use plan::{NewKey, emergency_ring, first_ring, next_ring};
pub use timing::RotationTiming;

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
