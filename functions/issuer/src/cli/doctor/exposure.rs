//! Who reaches the listener, and by what?

use super::finding::Finding;
use crate::{proxies::TrustedProxies, settings::ServeSettings};

const CHECK: &str = "listener";

pub(super) fn check(settings: &ServeSettings) -> Finding {
    let address = settings.listen;
    let trusts_nobody = settings.proxies.trusted == TrustedProxies::default();
    match (settings.server.tls.is_some(), settings.http.is_behind_proxy) {
        (false, false) => Finding::good(CHECK, format!("plain HTTP on {address}, for this machine alone")),
        (true, true) => Finding::warning(
            CHECK,
            format!("TLS on {address}, and a proxy that speaks it too"),
            "leave ISSUER_BEHIND_TLS_PROXY out, unless the proxy speaks TLS to both sides",
        ),
        (false, true) if trusts_nobody && !address.ip().is_loopback() => Finding::warning(
            CHECK,
            format!("plain HTTP on {address}, behind a proxy whose word on addresses is not taken"),
            "name the proxy in TRUSTED_PROXIES, unless it keeps the address of each client: \
             otherwise all clients share one limit on failed logins",
        ),
        (false, true) => {
            let told = format!("plain HTTP on {address}, behind a proxy; it should keep /metrics to itself");
            Finding::good(CHECK, told)
        }
        (true, false) if settings.http.has_metrics && !address.ip().is_loopback() => Finding::warning(
            CHECK,
            format!("TLS on {address}, where everybody can read /metrics"),
            "set METRICS=off, or let only the scraper through to that path",
        ),
        (true, false) => Finding::good(CHECK, format!("TLS on {address}")),
    }
}
