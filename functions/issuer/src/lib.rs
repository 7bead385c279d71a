//! Logs people in and gives out their tokens: a server and a command line.
//!
//! The issuer runs anywhere and shares one thing with AWS: the secret that
//! signs access tokens. What it keeps to itself is the key that signs refresh
//! tokens, so nobody else can prolong a session.
//!
//! In reading order: what is kept (users, passwords, sessions, the audit) and where
//! (`store`), what is given out (`pair`), what can be asked for (`login`,
//! `refresh`, `bearer`, `logout`, `password_change`), how others learn of an end (`revoker`,
//! `delivery`), and the two ways in (`http`, `cli`).

mod audit;
mod consumers;
mod declarative;
mod digest;
mod hasher;
mod ids;
mod origin;
mod password;
mod password_hash;
mod reset_token;
mod session;
mod store;
mod user;

mod bearer;
mod delivery;
mod issuer;
mod login;
mod logout;
mod pair;
mod password_change;
mod password_reset;
mod reauthentication;
mod refresh;
mod revoker;

mod cli;
mod http;
mod log;
mod server;
mod settings;
mod start;

#[cfg(test)]
mod tests;

pub use cli::run;
