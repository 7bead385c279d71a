//! One field of a change: left as it is, or set.
//!
//! A field that may be absent is a `Change<Option<T>>`, so that "leave it" and
//! "take it away" cannot be mistaken for each other.

/// What a change does to one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    #[default]
    Keep,
    Set(T),
}

impl<T> Change<T> {
    /// Returns the field as it is afterwards.
    pub(super) fn apply_to(self, present: T) -> T {
        match self {
            Self::Keep => present,
            Self::Set(value) => value,
        }
    }
}
