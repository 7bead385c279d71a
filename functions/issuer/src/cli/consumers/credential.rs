//! `issuer consumer credential …`.

use std::io::Read;

use anyhow::{anyhow, bail};
use registry::{Change, CredentialChange, CredentialPath, CredentialView, NewCredential};
use serde_json::json;
use token::{Algorithm, CredentialSecret, DEFAULT_CONSUMER_LIFETIME_SECS, Timestamp};
use zeroize::Zeroizing;

use super::{
    arguments::{CredentialCommand, NewCredentialArguments, ReplaceSecretArguments, SecretArguments},
    consumer::{credentials_of, to_json},
};
use crate::{
    audit::Action,
    cli::{Context, Failure, output::printable, times::utc},
    consumers::{CredentialAnswer, fresh_key, fresh_secret, old_secret_until},
    ids::new_id,
};

/// The longest secret that is read; what is longer than one can be is told so.
const MAX_SECRET_BYTES: u64 = 8192;

/// A secret, and whether somebody has it already.
struct Given {
    secret: CredentialSecret,
    is_made_up: bool,
}

impl Context<'_> {
    pub(super) async fn credentials(&mut self, command: CredentialCommand) -> Result<(), Failure> {
        let changed =
            |change| CredentialChange { enabled: Change::Set(change), ..CredentialChange::default() };
        match command {
            CredentialCommand::Add(wanted) => self.add_credential(wanted).await,
            CredentialCommand::List { consumer } => self.list_credentials(&consumer).await,
            CredentialCommand::ReplaceSecret(wanted) => self.replace_secret(wanted).await,
            CredentialCommand::Disable { credential } => {
                self.change_credential(&credential, Action::CredentialChanged, changed(false), "disabled")
                    .await
            }
            CredentialCommand::Enable { credential } => {
                self.change_credential(&credential, Action::CredentialChanged, changed(true), "enabled").await
            }
            CredentialCommand::Revoke { credential } => {
                let not_before = Change::Set((self.clock)().wall);
                let change = CredentialChange { not_before, ..CredentialChange::default() };
                self.change_credential(&credential, Action::CredentialRevoked, change, "revoked").await
            }
            CredentialCommand::Delete { credential } => self.delete_credential(&credential).await,
        }
    }

    async fn add_credential(&mut self, wanted: NewCredentialArguments) -> Result<(), Failure> {
        let now = (self.clock)().wall;
        let registry = self.registry().await?;
        let given = self.secret(&wanted.secret, wanted.algorithm)?;
        let key = wanted.key.map_or_else(fresh_key, Ok)?;
        if (self.environment)("JWT_ISSUER").as_ref() == Some(&key) {
            return Err(Failure::Failed(anyhow!("the key is the issuer's own name (JWT_ISSUER)")));
        }
        let shown = given.is_made_up.then(|| given.secret.value.clone());
        let new = NewCredential {
            id: wanted.id.map_or_else(|| new_id(now), Ok)?,
            key: key.clone(),
            algorithm: wanted.algorithm,
            secrets: vec![given.secret],
            role: wanted.role,
            enabled: true,
            max_lifetime_secs: wanted.max_lifetime_seconds.unwrap_or(DEFAULT_CONSUMER_LIFETIME_SECS),
            not_before: None,
            tags: wanted.tags,
        };
        let made = registry.create_credential(&wanted.consumer, &new, now);
        let made = self.audited(Action::CredentialCreated, &key, made).await?;
        self.print_secret(made, shown.as_ref().map(|secret| secret.as_str()))
    }

    async fn list_credentials(&mut self, consumer: &str) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let credentials = credentials_of(&registry, consumer).await?;
        let lines: Vec<_> = credentials.iter().map(to_line).collect();
        let answers: Vec<_> = credentials.into_iter().map(|one| CredentialAnswer::new(one, None)).collect();
        Ok(self.output.print(&lines.join("\n"), &to_json(answers)?)?)
    }

    async fn replace_secret(&mut self, wanted: ReplaceSecretArguments) -> Result<(), Failure> {
        let now = (self.clock)().wall;
        let registry = self.registry().await?;
        let path = CredentialPath { consumer: None, id_or_key: &wanted.credential };
        let present = registry.credential(path).await?;
        let given = self.secret(&wanted.secret, present.algorithm)?;
        let shown = given.is_made_up.then(|| given.secret.value.clone());
        let old_until = old_secret_until(wanted.overlap_seconds, now);
        let replaced = registry.replace_secret(path, &given.secret, old_until, now);
        let replaced = self.audited(Action::CredentialSecretReplaced, &present.key, replaced).await?;
        self.print_secret(replaced, shown.as_ref().map(|secret| secret.as_str()))
    }

    async fn change_credential(
        &mut self,
        credential: &str,
        action: Action,
        change: CredentialChange,
        done: &str,
    ) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let path = CredentialPath { consumer: None, id_or_key: credential };
        let key = registry.credential(path).await?.key;
        let changed = registry.update_credential(path, &change, (self.clock)().wall);
        let changed = self.audited(action, &key, changed).await?;
        let line = format!("{done} {}", printable(&key));
        Ok(self.output.print(&line, &to_json(CredentialAnswer::new(changed, None))?)?)
    }

    async fn delete_credential(&mut self, credential: &str) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let path = CredentialPath { consumer: None, id_or_key: credential };
        let CredentialView { id, key, .. } = registry.credential(path).await?;
        self.audited(Action::CredentialDeleted, &key, registry.delete_credential(path)).await?;
        let line = format!("deleted {}", printable(&key));
        Ok(self.output.print(&line, &json!({"deleted": id, "key": key}))?)
    }

    /// Reads the secret, or makes one up.
    fn secret(&mut self, wanted: &SecretArguments, algorithm: Algorithm) -> Result<Given, Failure> {
        let is_base64 = wanted.secret_is_base64;
        let value =
            if wanted.secret_stdin { read_secret(self.input)? } else { fresh_secret(algorithm, is_base64)? };
        let secret = CredentialSecret { value, is_base64, not_after: None };
        Ok(Given { secret, is_made_up: !wanted.secret_stdin })
    }

    fn print_secret(&mut self, credential: CredentialView, secret: Option<&str>) -> Result<(), Failure> {
        let key = printable(&credential.key);
        let lines = match secret {
            Some(secret) => format!("key: {key}\nsecret, shown this once: {secret}"),
            None => format!("key: {key}"),
        };
        Ok(self.output.print(&lines, &to_json(CredentialAnswer::new(credential, secret))?)?)
    }
}

/// Reads a secret that ends at the end of the input, less one line end.
fn read_secret(input: &mut dyn Read) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = input.take(MAX_SECRET_BYTES).read_to_string(&mut text);
    if read.is_err() {
        bail!("the secret on standard input is not UTF-8 text; give bytes as base64");
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

pub(super) fn to_line(credential: &CredentialView) -> String {
    let state = if credential.enabled { "enabled" } else { "disabled" };
    let until =
        |at: Option<Timestamp>| at.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", utc(at)));
    let secrets: Vec<_> = credential.secrets.iter().map(|secret| until(secret.not_after)).collect();
    let secrets = format!("secrets: {}", secrets.join(", "));
    let (key, algorithm) = (&credential.key, credential.algorithm.name());
    let columns = [&credential.id, key, algorithm, credential.role.name(), state, &secrets];
    columns.map(printable).join("  ")
}
