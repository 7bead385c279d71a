//! What must be looked up per token: has it been revoked?
//!
//! Revocations live in one DynamoDB table, written by the issuer and read by
//! the verifiers. Its invariant: a table that cannot be read is an error
//! ([`RegistryUnavailable`]); only a table that was read says "not revoked".

mod cache;
mod entry;
mod revocation;
mod table;

pub use revocation::Revocation;
pub use table::{Registry, RegistryUnavailable, Standing};
