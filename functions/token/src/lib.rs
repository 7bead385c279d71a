//! What a Latchkey token is, and who may do what with it.
//!
//! This crate is pure: no runtime, no AWS, no HTTP, no SQL and no clock. Time
//! and randomness arrive as arguments, so every rule here can be tested by
//! writing down a token and a moment.
//!
//! In reading order: what a token says, which keys sign it, how one is checked
//! and made, who it then speaks for, and what that caller may do.

mod algorithm;
mod claims;
mod compact;
mod hmac_provider;
mod json_object;
mod key;
mod key_ring;
mod minter;
mod policy;
mod principal;
mod reason;
mod refresh;
mod role;
mod rules;
mod secret_value;
mod settings;
mod time;
mod verifier;

pub use algorithm::{Algorithm, AlgorithmSet};
pub use compact::UnverifiedToken;
pub use key::{Key, KeyError};
pub use key_ring::{KeyRing, MAX_KEYS, MAX_TRIALS};
pub use minter::{AccessClaims, MAX_LIFETIME_SECS, Minter};
pub use policy::{Audience, IssuerRule, Policy};
pub use principal::{Caller, Principal, UnreadableContext, X_AUTH_PREFIX};
pub use reason::Reason;
pub use refresh::{RefreshGrant, RefreshKey, RefreshRefused};
pub use role::Role;
pub use rules::{AccessRules, Rule, RulesError};
pub use secret_value::{SecretEncoding, SecretError, SecretForm, SecretValue};
pub use settings::{Environment, Faults, SettingsReader};
pub use time::{Moment, Timestamp};
pub use verifier::{Rejection, Verifier};
