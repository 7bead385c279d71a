//! Reading Kong's declarative file: consumers and their credentials, as `deck`
//! and `kong config` write them.
//!
//! Pure: a text in, a plan out. Nothing that cannot be carried over is dropped
//! in silence: it is refused with its reason, or noted as ignored. No reason
//! holds a secret.
//!
//! In reading order: the text as a tree, what Kong keeps in it, what its jwt
//! plugin was told, and what there is to be made of it all.

mod document;
mod entity;

mod file;
mod jwt_plugin;

mod correspondence;
mod plan;
mod stored;

#[cfg(test)]
mod tests;

pub(crate) use correspondence::Correspondence;
pub(crate) use document::MAX_BYTES;
pub(crate) use plan::{Plan, PlannedConsumer, Unusable};
pub(crate) use stored::{ForAll, Present, PresentCredential};
