//! Can the certificate be used, and for how long?

use token::{Environment, SettingsReader, Timestamp};

use super::finding::Finding;
use crate::{
    cli::times::utc,
    server::{Certificates, TlsFiles},
};

const CHECK: &str = "certificate";

/// Two weeks: what renews certificates should have done so by then.
const SOON_SECS: u64 = 14 * 86_400;

pub(super) fn check(environment: Environment<'_>, now: Timestamp) -> Finding {
    let mut reader = SettingsReader::new(environment);
    let files = TlsFiles::read(&mut reader);
    let files = match reader.finish(files) {
        Ok(Some(files)) => files,
        Ok(None) => return Finding::skipped(CHECK, "the listener has none of its own"),
        Err(faults) => return Finding::failed(CHECK, faults.to_string(), "put a PEM file of each in place"),
    };
    match Certificates::expiry_of(&files) {
        Ok(Some(at)) if at < now => {
            Finding::failed(CHECK, format!("expired at {}", utc(at)), "renew it: clients refuse it")
        }
        Ok(Some(at)) if at.secs_since(now) < SOON_SECS => Finding::warning(
            CHECK,
            format!("expires at {}", utc(at)),
            "find out why it has not been renewed; a running server takes a new one up by itself",
        ),
        Ok(Some(at)) => Finding::good(CHECK, format!("expires at {}", utc(at))),
        Ok(None) => Finding::warning(CHECK, "does not say when it expires", "look at it with another tool"),
        Err(fault) => Finding::failed(CHECK, fault.to_string(), "put a PEM file of each in place"),
    }
}
