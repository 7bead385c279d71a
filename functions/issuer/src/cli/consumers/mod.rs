//! `issuer consumer …`.
//!
//! Consumers are in the registry's table and nowhere else, so these commands
//! work beside a server that runs. A secret is printed once, when it is made up.

mod arguments;
mod consumer;
mod credential;
mod import;
mod progress;
mod report;

use std::time::Duration;

use anyhow::anyhow;
use aws_config::timeout::TimeoutConfig;
use registry::{ConsumerError, Consumers, Page, PageRequest, PageSize};
use token::SettingsReader;

pub(super) use self::arguments::ConsumerCommand;
use super::{Context, Failure, audit::event};
use crate::{
    audit::{Action, OUTCOME_UNKNOWN},
    consumers::Told,
};

/// The largest page there is.
const PAGE_SIZE: u16 = 1000;

/// Nobody waits for a command as they wait for an authorizer.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);

impl Context<'_> {
    pub(super) async fn consumers(&mut self, command: ConsumerCommand) -> Result<(), Failure> {
        match command {
            ConsumerCommand::Add(wanted) => self.add_consumer(wanted).await,
            ConsumerCommand::List => self.list_consumers().await,
            ConsumerCommand::Show { consumer } => self.show_consumer(&consumer).await,
            ConsumerCommand::Delete { consumer } => self.delete_consumer(&consumer).await,
            ConsumerCommand::Disable { consumer } => self.enable_consumer(&consumer, false).await,
            ConsumerCommand::Enable { consumer } => self.enable_consumer(&consumer, true).await,
            ConsumerCommand::Credential(command) => self.credentials(command).await,
            ConsumerCommand::Import(wanted) => self.import(wanted).await,
        }
    }

    /// The registry of these settings.
    pub(super) async fn registry(&self) -> Result<Consumers, Failure> {
        let mut reader = SettingsReader::new(self.environment);
        let table = reader.required("AUTH_TABLE");
        let table = reader.finish(table)?;
        let aws = self.aws().await.into_builder().timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
        Ok(Consumers::new(&aws.build(), table))
    }

    /// Does something to the registry, and keeps in the audit that it was done,
    /// or may have been.
    pub(super) async fn audited<T>(
        &self,
        action: Action,
        subject: &str,
        done: impl Future<Output = Result<T, ConsumerError>>,
    ) -> Result<T, Failure> {
        let audit = self.open_audit().await?;
        let done = done.await;
        let event = match &done {
            Ok(_) => Some(event(action, subject)),
            Err(ConsumerError::Unavailable(_)) => Some(event(action, subject).because(OUTCOME_UNKNOWN)),
            Err(ConsumerError::Refused(_)) => None,
        };
        if let Some(event) = event {
            audit.keep(&[event], (self.clock)().wall).await?;
        }
        audit.close().await;
        Ok(done?)
    }
}

/// Reads a list page by page to its end.
async fn all<T, F>(mut page: impl FnMut(PageRequest) -> F) -> Result<Vec<T>, ConsumerError>
where
    F: Future<Output = Result<Page<T>, ConsumerError>>,
{
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let size = PageSize::new(PAGE_SIZE).unwrap_or_default();
        let Page { entries: more, next } = page(PageRequest { size, after }).await?;
        entries.extend(more);
        if next.is_none() {
            return Ok(entries);
        }
        after = next;
    }
}

impl From<ConsumerError> for Failure {
    fn from(error: ConsumerError) -> Self {
        match error {
            ConsumerError::Refused(refusal) => Self::Failed(anyhow!("{}", Told::from(&refusal))),
            ConsumerError::Unavailable(unavailable) => Self::Unavailable(unavailable.into()),
        }
    }
}
