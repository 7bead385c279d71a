//! The audit of commands that change what is not in the database.
//!
//! It is kept where the settings name a database. It is opened before anything
//! is changed: whoever wants to know who did what gets no change without that.

use anyhow::Context as _;
use token::{Faults, Timestamp};

use super::{Context, Failure};
use crate::{
    audit::{Action, Actor, AuditEvent},
    origin::Origin,
    store::{DatabaseUrl, Store},
};

/// Where the events of one command go.
pub(super) enum CommandAudit {
    Kept(Store),
    /// No database is named.
    NotKept,
}

impl Context<'_> {
    pub(super) async fn open_audit(&self) -> Result<CommandAudit, Failure> {
        let url: Result<_, Faults> = DatabaseUrl::read_if_named(self.environment);
        let Some(url) = url? else { return Ok(CommandAudit::NotKept) };
        let store = Store::open(&url).await.context("could not open the database of the audit")?;
        Ok(CommandAudit::Kept(store))
    }
}

impl CommandAudit {
    /// Keeps events of what has been done. Not logged: who types commands sees
    /// what they do.
    pub(super) async fn keep(&self, events: &[AuditEvent], now: Timestamp) -> anyhow::Result<()> {
        match self {
            Self::Kept(store) => {
                let kept = store.keep_events(events, now).await;
                kept.context("it was done, and could not be kept in the audit")
            }
            Self::NotKept => Ok(()),
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::Kept(store) => store.close().await,
            Self::NotKept => {}
        }
    }
}

/// An event of the command line.
pub(super) fn event(action: Action, subject: &str) -> AuditEvent {
    AuditEvent::new(action, Actor::CommandLine, &Origin::command_line()).about(subject)
}
