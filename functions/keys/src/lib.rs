//! Where the shared secret comes from, and how long a copy of it is good.
//!
//! A [`KeyCache`] holds the ring that a [`SecretSource`] gives. Its invariant:
//! nobody gets a ring older than the hard limit, and a store that cannot be
//! reached is an error ([`KeysUnavailable`]), never a refusal.

mod aws;
mod cache;
mod file;
mod get_parameter;
mod parameter_store;
mod secrets_manager;
mod settings;
mod source;

pub use aws::{aws_config, aws_loader, is_transient};
pub use cache::{CacheLimits, KeyCache, KeysUnavailable};
pub use parameter_store::ParameterSource;
pub use secrets_manager::SecretsManagerSource;
pub use settings::KeySettings;
pub use source::{ConfiguredSource, SecretSource, SourceError};
