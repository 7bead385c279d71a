//! What must be looked up per token: has it been revoked, and whose credential
//! does it name?
//!
//! Both live in one DynamoDB table, written by the issuer and read by the
//! verifiers ([`Registry`]). Consumers and their credentials are administered
//! there too ([`Consumers`]), and are nowhere else. Its invariant: a table that cannot be read, or holds something
//! that makes no sense, is an error ([`RegistryUnavailable`]); only a table that
//! was read says "not revoked" or "no such credential".

mod cache;
mod consumers;
mod credential_item;
mod entry;
mod item;
mod memory;
mod registry;
mod revocation;
mod table;

pub use consumers::{
    Change, Consumer, ConsumerChange, ConsumerError, ConsumerImport, Consumers, CredentialChange,
    CredentialPath, CredentialView, Fault, Imported, Missing, NewConsumer, NewCredential, Offset, Page,
    PageRequest, PageSize, PutBy, Refusal, SecretState, Taken,
};
pub use registry::{Registry, Standing};
pub use revocation::Revocation;
pub use table::RegistryUnavailable;
