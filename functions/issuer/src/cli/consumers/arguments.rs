//! What can be written after `issuer consumer`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use token::{Algorithm, Role};

use crate::cli::arguments::role;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConsumerCommand {
    /// Add a consumer and print its id
    Add(NewConsumerArguments),
    /// List all consumers
    List,
    /// Print a consumer and its credentials
    Show {
        /// Username or id
        consumer: String,
    },
    /// Delete a consumer and its credentials
    Delete {
        /// Username or id
        consumer: String,
    },
    /// Disable all credentials of a consumer
    Disable {
        /// Username or id
        consumer: String,
    },
    /// Enable all credentials of a consumer
    Enable {
        /// Username or id
        consumer: String,
    },
    /// Credentials of consumers
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Make consumers and credentials of a declarative file of Kong's, and
    /// delete nothing
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewConsumerArguments {
    /// The custom id where it is left out
    #[arg(long, required_unless_present = "custom_id")]
    pub(in crate::cli) username: Option<String>,
    #[arg(long)]
    pub(in crate::cli) custom_id: Option<String>,
    /// May be given several times
    #[arg(long = "tag")]
    pub(in crate::cli) tags: Vec<String>,
    /// A UUID; made up where it is left out
    #[arg(long)]
    pub(in crate::cli) id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CredentialCommand {
    /// Add a credential and print its key and, this once, its secret
    Add(NewCredentialArguments),
    /// List the credentials of a consumer
    List {
        /// Username or id
        consumer: String,
    },
    /// Give a credential a new secret, printed this once, and let the old one
    /// live for a while
    ReplaceSecret(ReplaceSecretArguments),
    /// Refuse the tokens of a credential
    Disable {
        /// Key or id
        credential: String,
    },
    /// Accept the tokens of a credential again
    Enable {
        /// Key or id
        credential: String,
    },
    /// Refuse the tokens of a credential that were issued before now
    Revoke {
        /// Key or id
        credential: String,
    },
    /// Delete a credential
    Delete {
        /// Key or id
        credential: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewCredentialArguments {
    /// Username or id of the consumer
    pub(in crate::cli) consumer: String,
    /// What `iss` of its tokens says; made up where it is left out
    #[arg(long)]
    pub(in crate::cli) key: Option<String>,
    /// HS256, HS384 or HS512
    #[arg(long, default_value = "HS256", value_parser = algorithm)]
    pub(in crate::cli) algorithm: Algorithm,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretArguments,
    /// ADMIN, SUPERVISOR or USER
    #[arg(long, value_parser = role, default_value = "USER")]
    pub(in crate::cli) role: Role,
    /// The longest lifetime of its tokens; a year where it is left out
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) max_lifetime_seconds: Option<u64>,
    /// May be given several times
    #[arg(long = "tag")]
    pub(in crate::cli) tags: Vec<String>,
    /// A UUID; made up where it is left out
    #[arg(long)]
    pub(in crate::cli) id: Option<String>,
}

/// A secret is never an argument: every process on the machine could read it.
#[derive(Debug, Args)]
pub(in crate::cli) struct SecretArguments {
    /// Read the secret from standard input; it is made up otherwise
    #[arg(long)]
    pub(in crate::cli) secret_stdin: bool,
    /// The secret is base64 of the bytes that sign
    #[arg(long)]
    pub(in crate::cli) secret_is_base64: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReplaceSecretArguments {
    /// Key or id
    pub(in crate::cli) credential: String,
    #[command(flatten)]
    pub(in crate::cli) secret: SecretArguments,
    /// How long the old secret lives
    #[arg(long, default_value_t = crate::consumers::DEFAULT_OVERLAP_SECS)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=crate::consumers::MAX_OVERLAP_SECS))]
    pub(in crate::cli) overlap_seconds: u64,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// The file, YAML or JSON; `-`: standard input
    pub(in crate::cli) file: PathBuf,
    /// Read and check the file, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Give all credentials this role; those that are new are USER where it is
    /// left out
    #[arg(long, value_parser = role)]
    pub(in crate::cli) role: Option<Role>,
    /// Whether secrets are base64, whatever the file says
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(in crate::cli) secret_is_base64: Option<bool>,
    /// Exit with 0 where some of the file cannot be imported
    #[arg(long)]
    pub(in crate::cli) skip_unusable: bool,
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    Algorithm::from_name(text).ok_or("only HS256, HS384 and HS512 are served")
}
