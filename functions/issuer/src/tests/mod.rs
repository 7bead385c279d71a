//! The whole issuer, from outside, on both databases: real HTTP, time moved by
//! hand. Only the registry is a stand-in.

mod administration;
mod app;
mod backup;
mod client_commands;
mod command_line;
mod command_line_accounts;
mod consumer_commands;
mod consumer_import;
mod consumers;
mod credentials;
mod database;
mod doctor;
mod health;
mod import;
mod introspection;
mod key_commands;
mod login;
mod logout;
mod logs;
mod manners;
mod metrics;
mod openapi;
mod passwords;
mod programs;
mod protocol;
mod proxies;
mod refresh;
mod revocation;
mod rotation;
mod secrets;
mod sessions;
mod shutdown;
mod throttle;
mod tls;
mod totp;
mod totp_required;

/// For units that take the time of something.
pub(crate) fn stopped_clock() -> crate::issuer::Clock {
    app::TestClock::default().as_clock()
}
mod table;
