//! Where the shared secret comes from, and how long a copy of it is good.
//!
//! A [`KeyCache`] holds the ring that a [`SecretSource`] gives. Its invariant:
//! nobody gets a ring older than the hard limit, and a store that cannot be
//! reached is an error ([`KeysUnavailable`]), never a refusal.
//!
//! A [`KeyStore`] is the same place for whoever looks after it: it shows what
//! is there and writes another ring, never over what it has not seen.

mod aws;
mod cache;
mod cache_state;
mod credentials;
mod file;
mod get_parameter;
mod parameter_store;
mod place;
mod scheme_client;
mod secrets_manager;
mod server_clock;
mod settings;
mod source;
mod store;

pub use aws::{aws_config, aws_loader, is_transient};
pub use cache::{CacheLimits, KeyCache, KeysUnavailable};
pub use parameter_store::ParameterSource;
pub use place::KeyPlace;
pub use secrets_manager::SecretsManagerSource;
pub use server_clock::ServerClock;
pub use settings::KeySettings;
pub use source::{ConfiguredSource, SecretSource, SourceError, Versions};
pub use store::{KeyStore, Overwrite, RotationRequest, StoreError, Stored};
