//! The stores, asked as the chatbot asks them.
//!
//! What holds of one holds of the other: each test of behaviour runs against the
//! memory of the process and against a table over the wire. Between the chatbot
//! and that table stands a relay that can be told to misbehave.

mod agreement;
mod budget;
mod claims;
mod deletion;
mod expiry;
mod failures;
mod history;
mod lost_answers;
mod owners;
mod pages;
mod relay;
mod setup;
