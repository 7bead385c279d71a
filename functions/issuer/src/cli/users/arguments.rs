//! What can be written after `issuer user` and `issuer setup`.

use clap::{Args, Subcommand};
use token::Role;

use super::import::ImportArguments;
use crate::cli::arguments::role;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Add a user and print the user's id, and without a password a token to set one with
    Add(NewUserArguments),
    /// Add users from elsewhere, with the hashes of their passwords
    Import(ImportArguments),
    /// List all users
    List,
    /// Show a user
    Show(UserName),
    /// Change a user's role; the access tokens that say the old one end
    Role {
        #[command(flatten)]
        user: UserName,
        /// ADMIN, SUPERVISOR or USER
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Disable a user and end the user's sessions
    Disable(UserName),
    /// Let a disabled user log in again
    Enable(UserName),
    /// Forget the failed logins of an account; a running server does within a minute
    Unlock(UserName),
    /// Change a user's password and end the user's sessions
    Passwd {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        password: PasswordArguments,
    },
    /// Print a token with which the user sets a password; the ones before are void
    PasswordReset(UserName),
    /// Remove a user's second factor
    TotpReset(UserName),
    /// End a user's sessions
    EndSessions(UserName),
    /// Delete a user and end the user's sessions
    Delete(UserName),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UserName {
    /// Username or id
    pub(super) user: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewUserArguments {
    #[command(flatten)]
    pub(super) profile: ProfileArguments,
    /// ADMIN, SUPERVISOR or USER
    #[arg(long, value_parser = role)]
    pub(super) role: Role,
    #[command(flatten)]
    pub(super) password: OptionalPasswordArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SetupArguments {
    #[command(flatten)]
    pub(super) profile: ProfileArguments,
    #[command(flatten)]
    pub(super) password: OptionalPasswordArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ProfileArguments {
    #[arg(long)]
    pub(super) username: String,
    #[arg(long)]
    pub(super) name: Option<String>,
    #[arg(long)]
    pub(super) email: Option<String>,
    /// The user's id, the `sub` of tokens; made up where it is left out
    #[arg(long)]
    pub(super) sub: Option<String>,
}

/// A password is never an argument: every process on the machine could read it.
#[derive(Debug, Args)]
pub(in crate::cli) struct PasswordArguments {
    /// Read the password from standard input
    #[arg(long, required = true)]
    pub(super) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OptionalPasswordArguments {
    /// Read the password from standard input; without it a token is printed with
    /// which the user sets one
    #[arg(long)]
    pub(super) password_stdin: bool,
}
