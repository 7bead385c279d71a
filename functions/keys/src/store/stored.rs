//! What a place holds, and what may be asked of it.

use std::fmt;

use token::{KeyRing, Timestamp};
use zeroize::Zeroizing;

/// What was found in a place.
pub struct Stored {
    /// As verifiers see it: beside a plain secret the one before it, where they
    /// accept that too.
    pub ring: KeyRing,
    /// The version of the value, where its store has versions.
    pub version: Option<String>,
    /// Since when the value is there, where its store knows.
    pub changed: Option<Timestamp>,
    /// The text of a file, which has no version to know it by.
    pub(super) text: Option<Zeroizing<String>>,
}

/// Whether a first ring may take the place of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Not even of something that holds no usable key: it may be the wrong place.
    Never,
    /// Its tokens are refused from then on.
    Always,
}

/// What became of the wish that somebody else rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationRequest {
    /// The function is called within seconds; whether it succeeds is told by the
    /// ring.
    Started,
    /// A rotation before this one is not complete, and the function is called for
    /// that one again.
    Resumed,
    /// There is no function: whoever asks has to rotate.
    NoFunction,
    /// There is a function, and its rotation is switched off. Asking would switch
    /// it on again, so nobody was asked: whoever asks has to rotate.
    SwitchedOff,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("ring", &self.ring)
            .field("version", &self.version)
            .field("changed", &self.changed)
            .finish_non_exhaustive()
    }
}
