//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use token::Role;

use super::{
    clients::ClientCommand, consumers::ConsumerCommand, doctor::DoctorArguments, keys::KeyCommand,
    revoke::RevokeCommand,
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
    /// Users
    #[command(subcommand)]
    User(UserCommand),
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
pub(super) enum UserCommand {
    /// Add a user and print the user's id
    Add(NewUserArguments),
    /// List all users
    List,
    /// Disable a user and end the user's sessions
    Disable {
        /// Username or id
        user: String,
    },
    /// Let a disabled user log in again
    Enable {
        /// Username or id
        user: String,
    },
    /// Forget the failed logins of an account; a running server does within a minute
    Unlock {
        /// Username or id
        user: String,
    },
    /// Change a user's password and end the user's sessions
    Passwd {
        /// Username or id
        user: String,
        #[command(flatten)]
        password: PasswordArguments,
    },
}

#[derive(Debug, Args)]
pub(super) struct NewUserArguments {
    #[arg(long)]
    pub(super) username: String,
    #[arg(long)]
    pub(super) name: Option<String>,
    #[arg(long)]
    pub(super) email: Option<String>,
    /// ADMIN, SUPERVISOR or USER
    #[arg(long, value_parser = role)]
    pub(super) role: Role,
    /// The user's id, the `sub` of tokens; made up where it is left out
    #[arg(long)]
    pub(super) sub: Option<String>,
    #[command(flatten)]
    pub(super) password: PasswordArguments,
}

/// A password is never an argument: every process on the machine could read it.
#[derive(Debug, Args)]
pub(super) struct PasswordArguments {
    /// Read the password from standard input
    #[arg(long, required = true)]
    pub(super) password_stdin: bool,
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
