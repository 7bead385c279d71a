//! `issuer key show`: which keys there are, and what each is good for.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use token::{KeyRing, KeyStatus, RingStatus, Timestamp};

use super::{arguments::ShowArguments, present};
use crate::{
    audit::Action,
    cli::{Context, Failure, audit::event, output::printable, times::utc},
};

impl Context<'_> {
    pub(super) async fn show_keys(&mut self, wanted: ShowArguments) -> Result<(), Failure> {
        let settings = self.key_settings()?;
        let now = (self.clock)().wall;
        let store = self.key_store(settings.place).await;
        let stored = present(store.read().await?, store.place())?;
        let status = stored.ring.status(now);
        let secrets = if wanted.reveal {
            let audit = self.open_audit().await?;
            let ids = status.keys.iter().map(|key| key.id.as_deref().unwrap_or("-"));
            let events: Vec<_> = ids.map(|id| event(Action::KeyRevealed, id)).collect();
            audit.keep(&events, now).await?;
            audit.close().await;
            Some(secrets_of(&stored.ring)?)
        } else {
            None
        };

        let mut lines = vec![format!("{}:", store.place())];
        lines.extend(status.keys.iter().enumerate().map(|(index, key)| {
            let secret = secrets.as_ref().and_then(|secrets| secrets.get(index));
            let secret = secret.map(|secret| format!("  {secret}")).unwrap_or_default();
            format!("  {}{secret}", to_line(key))
        }));
        lines.extend(status.next_change.map(|at| format!("next change at {}", utc(at))));
        let answer = RingAnswer {
            place: store.place(),
            version: stored.version.as_deref(),
            changed_at: stored.changed.map(Timestamp::as_unix_secs),
            keys: key_answers(&status, secrets.unwrap_or_default()),
            next_change: status.next_change.map(Timestamp::as_unix_secs),
        };
        let value = serde_json::to_value(answer).context("could not print the keys")?;
        Ok(self.output.print(&lines.join("\n"), &value)?)
    }
}

/// The ring of a place at one time, as programs read it.
#[derive(Serialize)]
struct RingAnswer<'a> {
    place: &'a str,
    version: Option<&'a str>,
    changed_at: Option<i64>,
    keys: Vec<KeyAnswer>,
    next_change: Option<i64>,
}

/// One key of it.
#[derive(Serialize)]
pub(super) struct KeyAnswer {
    id: Option<String>,
    algorithms: Vec<&'static str>,
    state: &'static str,
    sign_from: Option<i64>,
    verify_until: Option<i64>,
    /// The secret, where somebody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<String>,
}

/// The members of a written ring that are read here.
#[derive(Deserialize)]
struct WrittenRing {
    keys: Vec<WrittenKey>,
}

#[derive(Deserialize)]
struct WrittenKey {
    k: String,
}

/// `secrets` are in the order of the ring, or none.
pub(super) fn key_answers(status: &RingStatus, secrets: Vec<String>) -> Vec<KeyAnswer> {
    let secrets = secrets.into_iter().map(Some).chain(std::iter::repeat(None));
    let answer = |(key, k): (&KeyStatus, _)| KeyAnswer {
        id: key.id.clone(),
        algorithms: key.algorithms.iter().map(token::Algorithm::name).collect(),
        state: key.state.name(),
        sign_from: key.sign_from.map(Timestamp::as_unix_secs),
        verify_until: key.verify_until.map(Timestamp::as_unix_secs),
        k,
    };
    status.keys.iter().zip(secrets).map(answer).collect()
}

fn to_line(key: &KeyStatus) -> String {
    let id = printable(key.id.as_deref().unwrap_or("-"));
    let algorithms: Vec<_> = key.algorithms.iter().map(token::Algorithm::name).collect();
    let from = key.sign_from.map_or_else(|| "at any time".to_owned(), |at| format!("from {}", utc(at)));
    let until = key.verify_until.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", utc(at)));
    format!("{id}  {}  {}  signs {from}  verifies {until}", algorithms.join(","), key.state.name())
}

/// The secrets of a ring in base64url, in its order.
fn secrets_of(ring: &KeyRing) -> anyhow::Result<Vec<String>> {
    let written: WrittenRing = serde_json::from_str(&ring.to_json()).context("could not read the ring")?;
    Ok(written.keys.into_iter().map(|key| key.k).collect())
}
