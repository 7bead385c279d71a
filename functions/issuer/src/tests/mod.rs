//! The whole issuer, from outside: real HTTP, a real database file, time moved
//! by hand. Only the registry is a stand-in.

mod app;
mod command_line;
mod login;
mod logout;
mod protocol;
mod refresh;
mod secrets;
mod shutdown;
