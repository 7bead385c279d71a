//! Consumers, one at a time.

use anyhow::{Context as _, anyhow};
use registry::{Change, Consumer, Consumers, CredentialChange, CredentialPath, CredentialView, NewConsumer};
use serde::Serialize;
use serde_json::{Value, json};

use super::{all, arguments::NewConsumerArguments, credential};
use crate::{
    audit::Action,
    cli::{Context, Failure, output::printable},
    consumers::{ConsumerAnswer, CredentialAnswer},
    ids::new_id,
};

/// A consumer and all it can sign with.
#[derive(Serialize)]
struct WithCredentials {
    #[serde(flatten)]
    consumer: ConsumerAnswer,
    credentials: Vec<CredentialAnswer>,
}

impl Context<'_> {
    pub(super) async fn add_consumer(&mut self, wanted: NewConsumerArguments) -> Result<(), Failure> {
        let now = (self.clock)().wall;
        let username = wanted.username.or_else(|| wanted.custom_id.clone()).unwrap_or_default();
        let new = NewConsumer {
            id: wanted.id.map_or_else(|| new_id(now), Ok)?,
            username: username.clone(),
            custom_id: wanted.custom_id,
            tags: wanted.tags,
        };
        let registry = self.registry().await?;
        let consumer = self.audited(Action::ConsumerCreated, &username, registry.create(new, now)).await?;
        let id = consumer.id.clone();
        Ok(self.output.print(&id, &to_json(ConsumerAnswer::from(consumer))?)?)
    }

    pub(super) async fn list_consumers(&mut self) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let consumers = all(|page| registry.list(page)).await?;
        let lines: Vec<_> = consumers.iter().map(to_line).collect();
        let answers: Vec<_> = consumers.into_iter().map(ConsumerAnswer::from).collect();
        Ok(self.output.print(&lines.join("\n"), &to_json(answers)?)?)
    }

    pub(super) async fn show_consumer(&mut self, consumer: &str) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let consumer = registry.read(consumer).await?;
        let credentials = credentials_of(&registry, &consumer.id).await?;
        let lines = credentials.iter().map(|one| format!("  {}", credential::to_line(one)));
        let lines: Vec<_> = std::iter::once(to_line(&consumer)).chain(lines).collect();
        let credentials = credentials.into_iter().map(|one| CredentialAnswer::new(one, None)).collect();
        let answer = WithCredentials { consumer: consumer.into(), credentials };
        Ok(self.output.print(&lines.join("\n"), &to_json(answer)?)?)
    }

    pub(super) async fn delete_consumer(&mut self, consumer: &str) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let Consumer { id, username, .. } = registry.read(consumer).await?;
        self.audited(Action::ConsumerDeleted, &username, registry.delete(&id)).await?;
        let line = format!("deleted {}", printable(&username));
        Ok(self.output.print(&line, &json!({"deleted": id, "username": username}))?)
    }

    /// Enables or disables each credential that there is. One that is made at
    /// the same time by somebody else is not among them.
    pub(super) async fn enable_consumer(&mut self, consumer: &str, enabled: bool) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let Consumer { id, username, .. } = registry.read(consumer).await?;
        let keys: Vec<_> = credentials_of(&registry, &id).await?.into_iter().map(|one| one.key).collect();
        if keys.is_empty() {
            return Err(Failure::Failed(anyhow!("the consumer has no credentials")));
        }
        let now = (self.clock)().wall;
        let change = CredentialChange { enabled: Change::Set(enabled), ..CredentialChange::default() };
        let (action, done) = if enabled {
            (Action::ConsumerEnabled, "enabled")
        } else {
            (Action::ConsumerDisabled, "disabled")
        };
        let change_all = async {
            for key in &keys {
                let path = CredentialPath { consumer: Some(&id), id_or_key: key };
                registry.update_credential(path, &change, now).await?;
            }
            Ok(())
        };
        self.audited(action, &username, change_all).await?;
        let line = format!("{done} {} credentials of {}", keys.len(), printable(&username));
        Ok(self.output.print(&line, &json!({"id": id, "username": username, done: keys}))?)
    }
}

pub(super) async fn credentials_of(
    registry: &Consumers,
    consumer: &str,
) -> Result<Vec<CredentialView>, Failure> {
    Ok(all(|page| registry.credentials_of_consumer(consumer, page)).await?)
}

pub(super) fn to_json(answer: impl Serialize) -> anyhow::Result<Value> {
    serde_json::to_value(answer).context("could not print it")
}

fn to_line(consumer: &Consumer) -> String {
    let custom_id = consumer.custom_id.as_deref().unwrap_or("-");
    let columns = [&consumer.id, &consumer.username, custom_id, &consumer.tags.join(",")];
    columns.map(printable).join("  ").trim_end().to_owned()
}
