//! What a Latchkey token is, and who may do what with it.
//!
//! This crate is pure: no runtime, no AWS, no HTTP, no SQL and no clock. Time
//! and randomness arrive as arguments, so every rule here can be tested by
//! writing down a token and a moment.
//!
//! In reading order: what a token says, which keys sign it and how they change,
//! how one is checked and made, who it then speaks for, and what that caller may
//! do. A consumer's token says less, its credential the rest.

mod algorithm;
mod claims;
mod compact;
mod consumer_claims;
mod consumer_minter;
mod credential;
mod hmac_provider;
mod json_object;
mod key;
mod key_claim;
mod key_ring;
mod minter;
mod policy;
mod principal;
mod reason;
mod refresh;
mod ring_status;
mod role;
pub mod rotation;
mod rules;
mod secret_value;
mod settings;
mod time;
mod token_path;
mod verifier;

pub use algorithm::{Algorithm, AlgorithmSet};
pub use compact::UnverifiedToken;
pub use consumer_minter::ConsumerTokenClaims;
pub use credential::{
    Credential, CredentialError, CredentialRecord, CredentialSecret, DEFAULT_CONSUMER_LIFETIME_SECS,
    MAX_SECRETS,
};
pub use key::{Key, KeyError};
pub use key_claim::KeyClaim;
pub use key_ring::{KeyRing, MAX_KEYS, MAX_TRIALS};
pub use minter::{AccessClaims, MAX_LIFETIME_SECS, Minter};
pub use policy::{Audience, IssuerRule, Policy};
pub use principal::{Caller, Principal, UnreadableContext, X_AUTH_PREFIX};
pub use reason::Reason;
pub use refresh::{RefreshGrant, RefreshKey, RefreshRefused};
pub use ring_status::{KeyState, KeyStatus, RingStatus};
pub use role::Role;
pub use rules::{AccessRules, Rule, RulesError};
pub use secret_value::{SecretEncoding, SecretError, SecretForm, SecretValue};
pub use settings::{Environment, Faults, SettingsReader};
pub use time::{Moment, Timestamp};
pub use token_path::TokenPath;
pub use verifier::{Rejection, Verifier};
