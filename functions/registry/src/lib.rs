//! What must be looked up per token: has it been revoked, and whose credential
//! does it name?
//!
//! Both live in one DynamoDB table, written by the issuer and read by the
//! verifiers. Its invariant: a table that cannot be read, or holds something
//! that makes no sense, is an error ([`RegistryUnavailable`]); only a table that
//! was read says "not revoked" or "no such credential".

mod cache;
mod credential_item;
mod entry;
mod item;
mod memory;
mod registry;
mod revocation;
mod table;

pub use registry::{Registry, Standing};
pub use revocation::Revocation;
pub use table::RegistryUnavailable;
