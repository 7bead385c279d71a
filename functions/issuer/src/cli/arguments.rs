//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use token::Role;

use super::{
    clients::ClientCommand,
    consumers::ConsumerCommand,
    doctor::DoctorArguments,
    events::AuditCommand,
    keys::KeyCommand,
    revoke::RevokeCommand,
    sessions::SessionCommand,
    users::{SetupArguments, UserCommand},
};

/// Logs people in and gives out their tokens.
#[derive(Debug, Parser)]
#[command(name = "issuer", version)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve HTTP until SIGTERM or SIGINT
    Serve,
    /// Bring the database up to date, as every other command that uses it does
    Migrate,
    /// Make the first administrator; refused where there is one
    Setup(SetupArguments),
    /// Users
    #[command(subcommand)]
    User(UserCommand),
    /// Where users are logged in
    #[command(subcommand)]
    Session(SessionCommand),
    /// Who did what, when and from where
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Consumers, which sign their own tokens, and their credentials
    #[command(subcommand)]
    Consumer(ConsumerCommand),
    /// The keys that sign access tokens
    #[command(subcommand)]
    Key(KeyCommand),
    /// Access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Programs that may ask about tokens and revoke them
    #[command(subcommand)]
    Client(ClientCommand),
    /// See whether everything is there that a server needs; changes nothing
    Doctor(DoctorArguments),
    /// Copy the database while it is in use; SQLite only
    Backup {
        /// The copy; must not be there yet
        file: PathBuf,
    },
    /// Print what a shell needs to complete these commands
    Completions { shell: Shell },
    /// Refuse what is named, everywhere
    #[command(subcommand)]
    Revoke(RevokeCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Print an access token, signed with the current key
    Mint(MintArguments),
    /// Print what a token says, without checking it
    Inspect {
        /// The token; `-` or nothing reads it from standard input
        token: Option<String>,
    },
    /// Check a token's signature and claims, and print who it speaks for;
    /// whether it was revoked is not looked up
    Verify {
        /// The token; `-` or nothing reads it from standard input
        token: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct MintArguments {
    /// The user's id
    #[arg(long, required_unless_present = "consumer")]
    pub(super) sub: Option<String>,
    /// Sign as a consumer would, with the credential of this key, in place of a
    /// user's token
    #[arg(long, value_name = "KEY")]
    #[arg(conflicts_with_all = ["sub", "username", "name", "email", "role", "sid"])]
    pub(super) consumer: Option<String>,
    #[arg(long)]
    pub(super) username: Option<String>,
    #[arg(long)]
    pub(super) name: Option<String>,
    #[arg(long)]
    pub(super) email: Option<String>,
    /// ADMIN, SUPERVISOR or USER
    #[arg(long, value_parser = role, default_value = "USER")]
    pub(super) role: Role,
    #[arg(long)]
    pub(super) sid: Option<String>,
    /// As long as tokens live otherwise, where it is left out; 3600 at most, but
    /// for a consumer's
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) lifetime_seconds: Option<u64>,
}

pub(super) fn role(text: &str) -> Result<Role, &'static str> {
    Role::from_name(text).ok_or("a role is ADMIN, SUPERVISOR or USER")
}
