//! The text that is scraped: what was counted, and how things stand right now.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::ConstCounter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

use crate::{issuer::Issuer, server::Certificates};

pub(super) const PREFIX: &str = "issuer";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

/// Gauges that are asked for now and forgotten after.
struct Standing(Registry);

impl Issuer {
    /// Returns everything that can be scraped, as the text that Prometheus reads.
    pub(crate) async fn scrape(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(16 * 1024);
        text::encode_registry(&mut text, &self.metrics.registry)?;
        text::encode_registry(&mut text, &self.standing().await.0)?;
        text::encode_eof(&mut text)?;
        Ok(text)
    }

    async fn standing(&self) -> Standing {
        let now = self.moment();
        let mut standing = Standing(Registry::with_prefix(PREFIX));
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        standing.0.register("build", "This program", version);

        let hashes = self.hasher.load();
        let help = "Passwords that are being checked, wait to be, and may do either";
        standing.by_state(
            "password_hashes",
            help,
            [("running", hashes.running), ("waiting", hashes.waiting), ("capacity", hashes.capacity)],
        );
        let help = "Requests that named a client and came from no trusted proxy";
        standing.counter("forwarded_headers_ignored", help, self.proxies.ignored.count());
        let help = "Logins for which a trusted proxy named no client";
        standing.counter("logins_without_client_address", help, self.proxies.unnamed.count());
        // At once: either may take as long as a request may.
        let (keys, backlog) = tokio::join!(self.signing_keys(), self.store.backlog());
        let can_sign = keys.is_ok();
        standing.gauge("can_sign", "Whether there is a key to sign with", u64::from(can_sign));
        if let Some(age_secs) = self.keys.age_secs(now) {
            standing.gauge("key_ring_age_seconds", "Time since the key ring was read", age_secs);
        }

        standing.gauge("database_up", "Whether the database answers", u64::from(backlog.is_ok()));
        if let Ok(backlog) = backlog {
            let help = "Revocations that the registry has not confirmed";
            standing.gauge("outbox_entries", help, backlog.depth);
            let oldest_secs = backlog.due_since.map_or(0, |since| now.wall.secs_since(since));
            let help = "How long the oldest of them has been due";
            standing.gauge("outbox_oldest_seconds", help, oldest_secs);
        }
        let (in_use, idle) = self.store.connections();
        let help = "Connections to the database";
        standing.by_state("database_connections", help, [("in_use", in_use), ("idle", idle)]);
        let expires_at = self.certificates.as_ref().and_then(Certificates::expires_at);
        if let Some(expires_at) = expires_at {
            let help = "When the certificate of the listener expires, in seconds since 1970";
            let secs = u64::try_from(expires_at.as_unix_secs()).unwrap_or(0);
            standing.gauge("tls_certificate_expiry_timestamp_seconds", help, secs);
        }
        standing
    }
}

impl Standing {
    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        self.0.register(name, help, gauge);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.0.register(name, help, ConstCounter::new(value));
    }

    fn by_state<const COUNT: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: [(&'static str, usize); COUNT],
    ) {
        let family = Family::<StateLabel, Gauge>::default();
        for (state, value) in values {
            family.get_or_create(&StateLabel { state }).set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        self.0.register(name, help, family);
    }
}
