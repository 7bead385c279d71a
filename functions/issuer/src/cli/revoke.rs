//! `issuer revoke …`: by the name of what is not to be accepted any more.
//!
//! It is kept first and told to the registry then; what the registry does not
//! confirm, a running server goes on telling it.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use registry::{Registry, Revocation};
use serde_json::json;
use token::{DEFAULT_CONSUMER_LIFETIME_SECS, Environment, MAX_LIFETIME_SECS, SettingsReader, Timestamp};

use super::{Context, Failure, audit::event, output::printable};
use crate::{
    audit::Action,
    delivery::deliver,
    session::{LONGEST_LEEWAY_SECS, access_over_at},
    store::{DatabaseUrl, NewEntry, OutboxEntry, Store},
};

/// The longest id in bytes, as verifiers read it.
const MAX_ID_BYTES: usize = 255;

#[derive(Debug, Subcommand)]
pub(super) enum RevokeCommand {
    /// One token, by its id
    Token(TokenArguments),
    /// A session and all of its tokens
    Session {
        /// The `sid` of its tokens
        value: String,
    },
    /// Whatever a user or a consumer was given or made before now; a user's sessions end
    Subject {
        /// A user's id, or `consumer:` and a consumer's username
        value: String,
    },
    /// Whatever was made with a consumer's credential before now
    Credential {
        /// The key of the credential, the `iss` of its tokens
        value: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    /// The `jti` of the token, and never the token itself: every process on the machine could
    /// read it
    value: String,
    /// How long the token may yet live; a consumer's may live for a year
    #[arg(long, default_value_t = MAX_LIFETIME_SECS)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10 * DEFAULT_CONSUMER_LIFETIME_SECS))]
    lifetime_seconds: u64,
}

/// How far a revocation has come.
enum Told {
    /// Verifiers know.
    Registry,
    /// A running server will tell them.
    NotYet(String),
    NoRegistry,
}

impl Context<'_> {
    pub(super) async fn revoke(&mut self, command: RevokeCommand) -> Result<(), Failure> {
        let url = DatabaseUrl::read(self.environment)?;
        let store = Store::open(&url).await.context("could not open the database")?;
        let done = self.revoke_in(&store, command).await;
        store.close().await;
        Ok(done?)
    }

    async fn revoke_in(&mut self, store: &Store, command: RevokeCommand) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        let (kind, value) = match &command {
            RevokeCommand::Token(wanted) => ("token", wanted.value.clone()),
            RevokeCommand::Session { value } => ("session", value.clone()),
            RevokeCommand::Subject { value } => ("subject", value.clone()),
            RevokeCommand::Credential { value } => ("credential", value.clone()),
        };
        check(&value)?;
        let entries = keep(store, command, now).await?;
        let told = self.tell_registry(store, &entries).await;

        let (status, tail) = match &told {
            Told::Registry => ("done", "verifiers know".to_owned()),
            Told::NotYet(error) => ("pending", format!("a running server will tell the registry: {error}")),
            Told::NoRegistry => {
                ("no_registry", "AUTH_TABLE is not set: only this issuer will refuse it".to_owned())
            }
        };
        let line = format!("revoked the {kind} {}; {tail}", printable(&value));
        self.output.print(&line, &json!({"revoked": kind, "value": value, "status": status}))
    }

    async fn tell_registry(&self, store: &Store, entries: &[OutboxEntry]) -> Told {
        let Some(table) = auth_table(self.environment) else {
            return Told::NoRegistry;
        };
        let registry = Registry::new(&self.aws().await, table, 0);
        for entry in entries {
            if let Err(error) = deliver(store, &registry, entry).await {
                return Told::NotYet(error.to_string());
            }
        }
        Told::Registry
    }
}

async fn keep(store: &Store, command: RevokeCommand, now: Timestamp) -> anyhow::Result<Vec<OutboxEntry>> {
    let (event, revocation, expires_at) = match command {
        RevokeCommand::Session { value } => {
            let ended = event(Action::SessionEnded, &value).of_session(&value);
            return Ok(store.revoke_session(&value, &ended, now).await?);
        }
        RevokeCommand::Subject { value } => {
            let event = event(Action::SubjectRevoked, &value);
            return Ok(store.revoke_subject(&value, over_at(&value, now), &event, now).await?);
        }
        RevokeCommand::Token(TokenArguments { value, lifetime_seconds }) => {
            let expires_at = now.plus(lifetime_seconds + LONGEST_LEEWAY_SECS);
            (event(Action::TokenRevoked, &value), Revocation::Token { jti: value }, expires_at)
        }
        RevokeCommand::Credential { value } => {
            // Kept in the credential, for as long as that is there; until then here.
            let expires_at = now.plus(DEFAULT_CONSUMER_LIFETIME_SECS);
            let event = event(Action::CredentialRevoked, &value);
            // A second on, for the tokens that were made in this one.
            (event, Revocation::Credential { key: value, not_before: now.plus(1) }, expires_at)
        }
    };
    let entry = NewEntry { revocation, expires_at, first_attempt_at: now };
    Ok(vec![store.keep_revocation(&entry, &event, now).await?])
}

/// When everything is over that a subject holds now. A consumer signs its own
/// tokens, for as long as its credentials allow.
fn over_at(sub: &str, now: Timestamp) -> Timestamp {
    if sub.starts_with("consumer:") {
        now.plus(10 * DEFAULT_CONSUMER_LIFETIME_SECS)
    } else {
        access_over_at(now)
    }
}

fn check(value: &str) -> anyhow::Result<()> {
    if value.split('.').count() == 3 && value.len() > 64 {
        bail!("this looks like a token, and not like its id; `issuer token inspect` shows the id");
    }
    let fit = (1..=MAX_ID_BYTES).contains(&value.len()) && !value.chars().any(char::is_control);
    if fit { Ok(()) } else { bail!("an id has 1 to {MAX_ID_BYTES} bytes and no control character") }
}

fn auth_table(environment: Environment<'_>) -> Option<String> {
    SettingsReader::new(environment).optional("AUTH_TABLE")
}
