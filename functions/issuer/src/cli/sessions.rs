//! `issuer session …`.

use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Failure, audit::event, output::printable, times::utc, users::find};
use crate::{
    audit::Action,
    session::{EndReason, Session},
    store::{Ending, Store},
};

#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// List a user's live sessions
    List {
        /// Username or id
        #[arg(long)]
        user: String,
    },
    /// End a session
    End {
        /// The session's id
        sid: String,
    },
}

impl Context<'_> {
    pub(super) async fn sessions(&mut self, command: SessionCommand) -> Result<(), Failure> {
        let store = self.open_store().await?;
        let done = match command {
            SessionCommand::List { user } => self.list_sessions(&store, &user).await,
            SessionCommand::End { sid } => self.end_session(&store, &sid).await,
        };
        store.close().await;
        Ok(done?)
    }

    async fn list_sessions(&mut self, store: &Store, user: &str) -> anyhow::Result<()> {
        let user = find(store, user).await?;
        let sessions = store.live_sessions(&user.id, (self.clock)().wall).await?;
        let lines: Vec<_> = sessions.iter().map(to_line).collect();
        let values = sessions.iter().map(to_json).collect();
        self.output.print(&lines.join("\n"), &Value::Array(values))
    }

    async fn end_session(&mut self, store: &Store, sid: &str) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        let Some((session, user)) = store.session(sid).await? else {
            bail!("there is no such session");
        };
        let ending = Ending::one(&user.id, sid, EndReason::Administrator);
        let event = event(Action::SessionEnded, &user.id).of_session(sid);
        if store.end_sessions_if_any(ending, &event, now, now).await?.is_none() {
            bail!("the session has ended already");
        }
        let line = format!("ended a session of {}", printable(&user.username));
        self.output.print(&line, &to_json(&session))
    }
}

fn to_line(session: &Session) -> String {
    let times = format!(
        "begun {}  used {}  ends {}",
        utc(session.started_at),
        utc(session.last_used_at),
        utc(session.idle_expires_at)
    );
    let address = session.address.as_deref().unwrap_or("-");
    let user_agent = session.user_agent.as_deref().unwrap_or("-");
    [session.sid.as_str(), &times, address, user_agent].map(printable).join("  ")
}

fn to_json(session: &Session) -> Value {
    json!({
        "sid": session.sid,
        "user_id": session.user_id,
        "started_at": session.started_at.as_unix_secs(),
        "last_used_at": session.last_used_at.as_unix_secs(),
        "idle_expires_at": session.idle_expires_at.as_unix_secs(),
        "absolute_expires_at": session.absolute_expires_at.as_unix_secs(),
        "address": session.address,
        "user_agent": session.user_agent,
    })
}
