//! What is counted, and under which names.
//!
//! Everything that can be scraped is named here and in `scrape`. Labels are
//! words of closed lists and route templates: nothing that a client can choose,
//! and nothing of any user.

mod labels;
mod scrape;
mod stopwatch;

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use registry::Revocation;

use self::labels::{EventLabels, OutcomeLabel, RouteLabels};
pub(crate) use self::{labels::RequestLabels, stopwatch::Stopwatch};
use crate::{
    audit::{Action, AuditEvent, Outcome},
    issuer::Fault,
    store::OutboxEntry,
};

/// From a millisecond to the longest that a request may take.
const REQUEST_SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Around what one hash takes on the machines of the last ten years.
const HASH_SECONDS: [f64; 10] = [0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0];

/// The counters of one issuer.
pub(crate) struct Metrics {
    registry: Registry,
    logins: Family<OutcomeLabel, Counter>,
    refreshes: Family<OutcomeLabel, Counter>,
    introspections: Family<OutcomeLabel, Counter>,
    events: Family<EventLabels, Counter>,
    sessions_revoked: Counter,
    hash_seconds: Histogram,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    connections: Gauge,
}

/// What a token turned out to be that somebody asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Introspected {
    Active,
    Inactive,
    Unavailable,
}

/// An open connection, for as long as this is held.
pub(crate) struct OpenConnection(Gauge);

impl Metrics {
    pub(crate) fn new() -> Self {
        let request_seconds: fn() -> Histogram = || Histogram::new(REQUEST_SECONDS);
        let mut metrics = Self {
            logins: Family::default(),
            refreshes: Family::default(),
            introspections: Family::default(),
            events: Family::default(),
            sessions_revoked: Counter::default(),
            hash_seconds: Histogram::new(HASH_SECONDS),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(request_seconds),
            connections: Gauge::default(),
            registry: Registry::with_prefix(scrape::PREFIX),
        };
        metrics.register_all();
        metrics
    }

    fn register_all(&mut self) {
        self.registry.register("logins", "Logins by outcome", self.logins.clone());
        self.registry.register("refreshes", "Refreshes by outcome", self.refreshes.clone());
        let help = "Questions about tokens by answer";
        self.registry.register("introspections", help, self.introspections.clone());
        self.registry.register("audit_events", "What the audit tells of", self.events.clone());
        let help = "Sessions that ended before their time";
        self.registry.register("sessions_revoked", help, self.sessions_revoked.clone());
        let help = "Time to check one password, without waiting for it";
        self.registry.register("password_hash_seconds", help, self.hash_seconds.clone());
        let help = "Requests by route, status and error code";
        self.registry.register("http_requests", help, self.requests.clone());
        let help = "Time to answer a request";
        self.registry.register("http_request_seconds", help, self.request_seconds.clone());
        self.registry.register("http_connections", "Open connections", self.connections.clone());
    }

    /// Counts what the audit tells of.
    pub(crate) fn event(&self, event: &AuditEvent) {
        let (action, outcome, reason) = (event.action, event.outcome, event.reason.unwrap_or_default());
        let labels = EventLabels { action: action.name(), outcome: outcome.name(), reason };
        self.events.get_or_create(&labels).inc();
        match (action, outcome) {
            (Action::Login, Outcome::Done) => count(&self.logins, "granted"),
            (Action::Login, Outcome::Refused) => count(&self.logins, "refused"),
            (Action::Refresh, Outcome::Done) if reason == "replayed" => count(&self.refreshes, "replayed"),
            (Action::Refresh, Outcome::Done) => count(&self.refreshes, "granted"),
            (Action::Refresh, Outcome::Refused) => count(&self.refreshes, "refused"),
            (Action::Reuse, _) => count(&self.refreshes, "reused"),
            _ => {}
        }
    }

    /// Counts a login that was not looked at, after too many failures.
    pub(crate) fn login_throttled(&self) {
        count(&self.logins, "throttled");
    }

    /// Counts a login that got no answer to its question.
    pub(crate) fn login_stayed_open(&self, fault: &Fault) {
        count(&self.logins, outcome_of(fault));
    }

    /// Counts a refresh that got no answer to its question.
    pub(crate) fn refresh_stayed_open(&self, fault: &Fault) {
        count(&self.refreshes, outcome_of(fault));
    }

    pub(crate) fn introspection(&self, introspected: Introspected) {
        let outcome = match introspected {
            Introspected::Active => "active",
            Introspected::Inactive => "inactive",
            Introspected::Unavailable => "unavailable",
        };
        count(&self.introspections, outcome);
    }

    /// Counts what has just been revoked.
    pub(crate) fn revocations(&self, entries: &[OutboxEntry]) {
        let is_session = |entry: &&OutboxEntry| matches!(entry.revocation, Revocation::Session { .. });
        let count = entries.iter().filter(is_session).count();
        self.sessions_revoked.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(crate) fn request(&self, labels: &RequestLabels, took: Duration) {
        self.requests.get_or_create(labels).inc();
        let route = RouteLabels { method: labels.method, route: labels.route.clone() };
        self.request_seconds.get_or_create(&route).observe(took.as_secs_f64());
    }

    pub(crate) fn connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// Where the time of each hash goes.
    pub(crate) fn hash_seconds(&self) -> Histogram {
        self.hash_seconds.clone()
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn count(family: &Family<OutcomeLabel, Counter>, outcome: &'static str) {
    family.get_or_create(&OutcomeLabel { outcome }).inc();
}

const fn outcome_of(fault: &Fault) -> &'static str {
    match fault {
        Fault::Busy(_) => "busy",
        Fault::KeysUnavailable(_)
        | Fault::NoSigningKey
        | Fault::Store(_)
        | Fault::Registry(_)
        | Fault::Randomness(_)
        | Fault::Hash(_)
        | Fault::Contention => "unavailable",
    }
}
