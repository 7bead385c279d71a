//! The whole issuer, from outside, on both databases: real HTTP, time moved by
//! hand. Only the registry is a stand-in.

mod app;
mod command_line;
mod database;
mod login;
mod logout;
mod protocol;
mod proxies;
mod refresh;
mod secrets;
mod shutdown;
mod throttle;
