//! Logs people in and gives out their tokens: a server and a command line.
//!
//! The issuer runs anywhere and shares one thing with AWS: the secret that
//! signs access tokens. What it keeps to itself is the key that signs refresh
//! tokens, so nobody else can prolong a session.
//!
//! In reading order: what is kept (users, passwords, sessions, the audit) and where
//! (`store`), what is given out (`pair`), what can be asked for (`login`,
//! `second_factor`, `refresh`, `bearer`, `logout`, `password_change`), how others learn of an end (`revoker`,
//! `delivery`), and the two ways in (`http`, `cli`).

mod audit;
mod client;
mod consumers;
mod declarative;
mod decoys;
mod digest;
mod factor;
mod forwarded;
mod guessable;
mod hash_threads;
mod hasher;
mod ids;
mod imported_user;
mod origin;
mod otp;
mod password;
mod password_hash;
mod proxies;
mod recovery_codes;
mod reset_token;
mod session;
mod store;
mod tally;
mod user;
mod username;

mod administration;
mod bearer;
mod caller;
mod checkpoints;
mod delivery;
mod factor_management;
mod introspection;
mod issuer;
mod login;
mod logout;
mod lookup;
mod pair;
mod password_change;
mod password_reset;
mod presented;
mod readiness;
mod reauthentication;
mod refresh;
mod revocation;
mod revoker;
mod second_factor;
mod throttle;

mod cli;
mod http;
mod log;
mod metrics;
mod server;
mod settings;
mod start;

#[cfg(test)]
mod tests;

pub use cli::run;
