//! The whole issuer, from outside, on both databases: real HTTP, time moved by
//! hand. Only the registry is a stand-in.

mod app;
mod command_line;
mod consumer_commands;
mod consumer_import;
mod database;
mod key_commands;
mod login;
mod logout;
mod passwords;
mod protocol;
mod refresh;
mod rotation;
mod secrets;
mod sessions;
mod shutdown;
mod table;
