//! `issuer key rotate`: the next key, without refusing a token, or at once.

use anyhow::{Context as _, anyhow};
use keys::{KeyStore, RotationRequest, StoreError, Stored};
use serde::Serialize;
use token::{
    KeyRing, Timestamp,
    rotation::{NewKey, RotationTiming, emergency_ring, next_ring},
};

use super::{
    KeySettings,
    arguments::RotateArguments,
    present,
    show::{KeyAnswer, key_answers},
};
use crate::{
    audit::Action,
    cli::{
        Context, Failure,
        audit::event,
        output::printable,
        times::{span, utc},
    },
};

impl Context<'_> {
    pub(super) async fn rotate(&mut self, wanted: RotateArguments) -> Result<(), Failure> {
        let KeySettings { place, algorithm, timing } = self.key_settings()?;
        let store = self.key_store(place).await;
        let stored = present(store.read().await?, store.place())?;
        if wanted.emergency && !wanted.yes {
            self.confirm(&what_breaks(&timing), "drop", "--yes")?;
        }
        let now = (self.clock)().wall;
        let fresh = self.fresh_key(algorithm)?;
        let key = NewKey { id: &fresh.id, algorithm, secret: &fresh.secret };
        let audit = self.open_audit().await?;
        let rotated = event(Action::KeyRotated, &fresh.id);
        let (rotated, done) = if wanted.emergency {
            let ring = emergency_ring(&stored.ring, key, &timing, now).context("could not make a key")?;
            replace(&store, &stored, &ring, &fresh.id).await?;
            (rotated.because("emergency"), Done::Dropped(ring))
        } else {
            match store.request_rotation(&fresh.id).await? {
                RotationRequest::Started => (rotated.because("requested"), Done::Requested),
                RotationRequest::Resumed => (rotated.because("resumed"), Done::Resumed),
                RotationRequest::NoFunction | RotationRequest::SwitchedOff => {
                    let ring = next_ring(&stored.ring, key, &timing, now).context("could not make a key")?;
                    replace(&store, &stored, &ring, &fresh.id).await?;
                    (rotated, Done::Published(ring))
                }
            }
        };
        audit.keep(&[rotated], now).await?;
        audit.close().await;
        self.tell(&store, &done, &fresh.id, &timing, now)
    }

    fn tell(
        &mut self,
        store: &KeyStore,
        done: &Done,
        id: &str,
        timing: &RotationTiming,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let place = store.place();
        let text = match done {
            Done::Published(ring) => published(ring, id, place, timing, now),
            Done::Dropped(_) => format!(
                "the key {id} signs from now on, alone, in the {place}; {}",
                until_then(timing.hard_limit_secs)
            ),
            Done::Requested => format!(
                "asked Secrets Manager to rotate the {place}: its function publishes the key {id} \
                 within seconds, and issuers sign with it {} later; `issuer key show` tells",
                span(timing.sign_after_secs)
            ),
            Done::Resumed => format!(
                "a rotation of the {place} before this one is not complete: its function is called for \
                 that one again; `issuer key show` tells"
            ),
        };
        let (key, ring) = match done {
            Done::Published(ring) | Done::Dropped(ring) => (Some(id), Some(ring.status(now))),
            Done::Requested => (Some(id), None),
            Done::Resumed => (None, None),
        };
        let answer = RotationAnswer {
            place,
            rotation: done.name(),
            key,
            keys: ring.as_ref().map(|status| key_answers(status, Vec::new())),
            next_change: ring.and_then(|status| status.next_change).map(Timestamp::as_unix_secs),
        };
        let value = serde_json::to_value(answer).context("could not print the keys")?;
        Ok(self.output.print(&text, &value)?)
    }
}

/// What became of a ring, as programs read it.
#[derive(Serialize)]
struct RotationAnswer<'a> {
    place: &'a str,
    /// `published`, `emergency`, `requested` or `resumed`
    rotation: &'static str,
    /// The new key.
    key: Option<&'a str>,
    /// The new ring, where it was written here.
    keys: Option<Vec<KeyAnswer>>,
    next_change: Option<i64>,
}

/// What a rotation did.
enum Done {
    Published(KeyRing),
    Dropped(KeyRing),
    Requested,
    Resumed,
}

impl Done {
    const fn name(&self) -> &'static str {
        match self {
            Self::Published(_) => "published",
            Self::Dropped(_) => "emergency",
            Self::Requested => "requested",
            Self::Resumed => "resumed",
        }
    }
}

async fn replace(store: &KeyStore, seen: &Stored, ring: &KeyRing, version: &str) -> Result<(), Failure> {
    match store.replace(seen, ring, version).await {
        Err(StoreError::Unavailable(told)) => Err(Failure::Unavailable(anyhow!(
            "the secret store could not be reached ({told}); whether the new ring is there is not known: \
             `issuer key show` tells"
        ))),
        other => Ok(other?),
    }
}

/// What happens when.
fn published(ring: &KeyRing, id: &str, place: &str, timing: &RotationTiming, now: Timestamp) -> String {
    let new = ring.keys().iter().find(|key| key.id() == Some(id));
    let sign_from = new.and_then(token::Key::sign_from).unwrap_or(now);
    let mut lines = vec![
        format!("published the key {id} in the {place}"),
        format!("{}  every verifier has read it", utc(now.plus(timing.reading_secs()))),
        format!("{}  issuers sign with it", utc(sign_from)),
    ];
    for key in ring.keys() {
        if let (Some(id), Some(until)) = (key.id(), key.verify_until()) {
            lines.push(format!("{}  the last token of the key {} has expired", utc(until), printable(id)));
        }
    }
    lines.join("\n")
}

fn what_breaks(timing: &RotationTiming) -> String {
    format!(
        "This drops every key at once, for one that leaked:\n\
         - every token given out so far is refused; users refresh or log in again;\n\
         - a new token is refused by a verifier that has not read the new ring and asked for one a \
         moment ago;\n\
         - {}.",
        until_then(timing.hard_limit_secs)
    )
}

fn until_then(hard_limit_secs: u64) -> String {
    format!(
        "verifiers accept what the dropped keys signed, forged tokens too, until they have read the new \
         ring: mostly within 5 min, within {} at the latest",
        span(hard_limit_secs)
    )
}
