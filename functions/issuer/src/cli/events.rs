//! `issuer audit …`: who did what, when and from where.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use token::Timestamp;

use super::{
    Context, Failure,
    output::printable,
    times::{moment, utc},
};
use crate::store::{AuditRow, Store};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// List events, the latest first
    List(ListArguments),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Of this user only, by username or id; of a deleted one by id
    #[arg(long)]
    user: Option<String>,
    /// From then on: 2025-06-15, 2025-06-15T15:06:40Z, or seconds since 1970
    #[arg(long, value_parser = parse_moment)]
    since: Option<Timestamp>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

impl Context<'_> {
    pub(super) async fn audit_events(&mut self, command: AuditCommand) -> Result<(), Failure> {
        let AuditCommand::List(wanted) = command;
        let store = self.open_store().await?;
        let done = self.list_events(&store, &wanted).await;
        store.close().await;
        Ok(done?)
    }

    async fn list_events(&mut self, store: &Store, wanted: &ListArguments) -> anyhow::Result<()> {
        let about = match &wanted.user {
            Some(user) => Some(id_of(store, user).await?),
            None => None,
        };
        let since = wanted.since.unwrap_or(Timestamp::from_unix_secs(i64::MIN));
        let events = store.events(about.as_deref(), since, wanted.limit).await?;
        let lines: Vec<_> = events.iter().map(to_line).collect();
        let values = events.iter().map(to_json).collect();
        self.output.print(&lines.join("\n"), &Value::Array(values))
    }
}

/// Returns the id of the user of that name, or else the text: the audit knows
/// users that are not there any more.
async fn id_of(store: &Store, text: &str) -> anyhow::Result<String> {
    let users = store.users_named(text).await?;
    let is_id = users.is_empty() || users.iter().any(|user| user.id == text);
    let named = users.into_iter().next().filter(|_| !is_id);
    Ok(named.map_or_else(|| text.to_owned(), |user| user.id))
}

fn parse_moment(text: &str) -> Result<Timestamp, &'static str> {
    moment(text).ok_or("a moment is 2025-06-15, 2025-06-15T15:06:40Z or 1750000000")
}

fn to_line(event: &AuditRow) -> String {
    let at = utc(Timestamp::from_unix_secs(event.at));
    let by =
        event.actor_id.as_deref().map_or_else(|| event.actor.clone(), |id| format!("{} {id}", event.actor));
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let columns = [
        at,
        event.action.clone(),
        event.outcome.clone(),
        or_dash(&event.reason),
        format!("by {by}"),
        format!("to {}", or_dash(&event.subject)),
        format!("session {}", or_dash(&event.sid)),
        format!("from {}", or_dash(&event.address)),
        format!("request {}", or_dash(&event.request_id)),
    ];
    columns.map(|column| printable(&column)).join("  ")
}

fn to_json(event: &AuditRow) -> Value {
    json!({
        "id": event.id,
        "at": event.at,
        "action": event.action,
        "outcome": event.outcome,
        "reason": event.reason,
        "actor": event.actor,
        "actor_id": event.actor_id,
        "subject": event.subject,
        "sid": event.sid,
        "address": event.address,
        "request_id": event.request_id,
    })
}
