//! Can the keys be read, and which one signs?

use aws_config::SdkConfig;
use keys::{KeyCache, KeySettings};
use token::{KeyRing, KeyState, Moment};

use super::finding::{Finding, chain};
use crate::cli::times::{span, utc};

const CHECK: &str = "keys";

pub(super) async fn check(settings: KeySettings, aws: Option<&SdkConfig>, now: Moment) -> Finding {
    let lease = span(settings.lease_secs());
    match KeyCache::new(settings, aws).keys(now).await {
        Ok(ring) => look_at(&ring, &lease, now),
        Err(error) => Finding::failed(
            CHECK,
            chain(&error),
            "make the secret readable, or put one there (`issuer key generate`): without it nobody can log in",
        ),
    }
}

fn look_at(ring: &KeyRing, lease: &str, now: Moment) -> Finding {
    let status = ring.status(now.wall);
    let signing = status.keys.iter().find(|key| key.state == KeyState::Signing);
    let next = status.next_change.map(|at| format!("; next change at {}", utc(at))).unwrap_or_default();
    let Some(signing) = signing else {
        let told = format!("none of {} may sign now{next}", status.keys.len());
        return Finding::failed(CHECK, told, "wait for it, or add one (`issuer key rotate`)");
    };
    if !ring.kid_decides() {
        return Finding::warning(
            CHECK,
            format!("a plain secret signs; a copy of it is used for {lease} at most"),
            "make it a key ring (`issuer key rotate` does): one is rotated without refusing a token",
        );
    }
    let (count, name) = (status.keys.len(), signing.id.as_deref().unwrap_or("without a name"));
    Finding::good(CHECK, format!("{name} signs, of {count}{next}; a copy is used for {lease} at most"))
}
