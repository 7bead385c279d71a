//! Administering consumers against a real table, over the wire.
//!
//! What a verifier makes of it is asked of the registry that verifiers use. In
//! between stands a relay that can be told to misbehave, because what is in
//! memory on one machine never does.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test is meant to panic")]

mod consumers;
mod credentials;
mod failures;
mod import;
mod meanwhile;
mod pages;
mod races;
mod relay;
mod setup;
mod verifying;
