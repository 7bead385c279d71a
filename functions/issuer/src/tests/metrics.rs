//! What can be scraped, and what cannot be found in it.

use super::{
    app::{App, PASSWORD, SECRET},
    database::on_each_database,
};

impl App {
    /// The lines that can be scraped.
    pub(super) async fn scraped(&self) -> String {
        let answer = self.send(self.get("/metrics")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
        assert!(answer.text.ends_with("# EOF\n"));
        answer.text
    }

    /// Waits for what another task is about to count.
    async fn scrape_until(&self, line: &str) {
        for _ in 0..10_000 {
            if self.scraped().await.lines().any(|found| found == line) {
                return;
            }
        }
        panic!("{line} was never scraped");
    }
}

#[track_caller]
pub(super) fn has(scraped: &str, line: &str) {
    assert!(scraped.lines().any(|found| found == line), "{line} is not in\n{scraped}");
}

async fn logins_and_refreshes_are_counted_by_outcome() {
    let app = App::start().await;
    let first = app.ada().await;
    app.log_in("ada", "wrong").await;
    app.log_in("nobody", "wrong").await;
    let places: Vec<_> = std::iter::from_fn(|| app.issuer.hasher.admit().ok()).collect();
    app.log_in("ada", PASSWORD).await;
    has(&app.scraped().await, r#"issuer_password_hashes{state="waiting"} 66"#);
    drop(places);
    app.refresh(&first.refresh()).await;
    app.refresh(&first.refresh()).await;
    app.refresh("no.refresh.token").await;
    app.clock.advance(11);
    app.refresh(&first.refresh()).await;

    let scraped = app.scraped().await;
    for line in [
        r#"issuer_logins_total{outcome="granted"} 1"#,
        r#"issuer_logins_total{outcome="refused"} 2"#,
        r#"issuer_logins_total{outcome="busy"} 1"#,
        r#"issuer_refreshes_total{outcome="granted"} 1"#,
        r#"issuer_refreshes_total{outcome="replayed"} 1"#,
        r#"issuer_refreshes_total{outcome="refused"} 1"#,
        r#"issuer_refreshes_total{outcome="reused"} 1"#,
        r#"issuer_audit_events_total{action="login",outcome="refused",reason="unknown_user"} 1"#,
        r#"issuer_http_requests_total{method="POST",route="/login",status="503",error="busy"} 1"#,
        r#"issuer_http_requests_total{method="POST",route="/login",status="200",error=""} 1"#,
        r#"issuer_http_request_seconds_count{method="POST",route="/login"} 4"#,
        "issuer_password_hash_seconds_count 3",
        "issuer_sessions_revoked_total 1",
        r#"issuer_password_hashes{state="running"} 0"#,
        r#"issuer_password_hashes{state="capacity"} 66"#,
        concat!(r#"issuer_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
    ] {
        has(&scraped, line);
    }
}

async fn how_things_stand_is_told_also_where_they_stand_badly() {
    let app = App::start().await;
    let first = app.ada().await;
    app.clock.advance(100);
    let scraped = app.scraped().await;
    for line in ["issuer_can_sign 1", "issuer_key_ring_age_seconds 100", "issuer_database_up 1"] {
        has(&scraped, line);
    }
    has(&scraped, "issuer_outbox_entries 0");
    has(&scraped, "issuer_outbox_oldest_seconds 0");

    app.registry.set_down(true);
    app.log_out(&first.access(), "this").await;
    app.clock.advance(65);
    app.issuer.deliver_due().await.unwrap();
    app.clock.advance(40);
    let scraped = app.scraped().await;
    has(&scraped, "issuer_outbox_entries 1");
    has(&scraped, "issuer_outbox_oldest_seconds 100");

    app.issuer.store.close().await;
    let scraped = app.scraped().await;
    has(&scraped, "issuer_database_up 0");
    has(&scraped, r#"issuer_database_connections{state="in_use"} 0"#);
    assert!(!scraped.contains("issuer_outbox"), "what is not known is not told");
}

async fn nothing_that_a_client_writes_becomes_a_label() {
    let app = App::start().await;
    for index in 0..5 {
        app.send(app.get(&format!("/nowhere/{index}?token=secret-query"))).await;
        let method = reqwest::Method::from_bytes(format!("METHOD{index}").as_bytes()).unwrap();
        app.send(app.request(method, "/login")).await;
    }
    app.log_in("typed-by-mistake", "a-wrong-password").await;
    let answer = app.ada().await;
    app.me(&answer.access()).await;
    let scraped = app.scraped().await;
    let unknown = r#"{method="GET",route="none",status="404",error="not_found"} 5"#;
    has(&scraped, &format!("issuer_http_requests_total{unknown}"));
    let other = r#"{method="other",route="/login",status="405",error="method_not_allowed"} 5"#;
    has(&scraped, &format!("issuer_http_requests_total{other}"));
    for personal in ["nowhere", "secret-query", "METHOD", "typed-by", "ada", "127.0.0.1", &answer.access()] {
        assert!(!scraped.contains(personal), "{personal}");
    }
}

async fn metrics_can_be_switched_off() {
    let app = App::start_with(&[("JWT_SECRET", SECRET), ("METRICS", "off")]).await;
    app.send(app.get("/metrics")).await.is_error(404, "not_found");
}

async fn connections_are_counted_while_they_are_open() {
    let app = App::start().await;
    has(&app.scraped().await, "issuer_http_connections 1");
    let other = tokio::net::TcpStream::connect(app.address).await.unwrap();
    app.scrape_until("issuer_http_connections 2").await;
    drop(other);
    app.scrape_until("issuer_http_connections 1").await;
}

on_each_database! {
    logins_and_refreshes_are_counted_by_outcome,
    how_things_stand_is_told_also_where_they_stand_badly,
    nothing_that_a_client_writes_becomes_a_label,
    metrics_can_be_switched_off,
    connections_are_counted_while_they_are_open,
}
