//! Does the registry know of every revocation?

use token::Timestamp;

use super::finding::{Finding, chain};
use crate::{cli::times::span, store::Store};

const CHECK: &str = "revocations";

/// A server delivers within seconds; one that was busy within a minute.
const LATE_SECS: u64 = 60;

pub(super) async fn check(store: &Store, has_registry: bool, now: Timestamp) -> Finding {
    let backlog = match store.backlog().await {
        Ok(backlog) => backlog,
        Err(error) => return Finding::failed(CHECK, chain(&error), "see what the database says about it"),
    };
    let Some(due_since) = backlog.due_since else {
        return Finding::good(CHECK, "none waits for the registry");
    };
    let late_secs = now.secs_since(due_since);
    let told = format!("{} wait for the registry, the oldest for {}", backlog.depth, span(late_secs));
    if !has_registry {
        Finding::warning(CHECK, told, "set AUTH_TABLE: without a registry no verifier learns of them")
    } else if late_secs > LATE_SECS {
        Finding::warning(CHECK, told, "see whether a server runs, and what it logs about the registry")
    } else {
        Finding::good(CHECK, told)
    }
}
