//! Which address a request is taken to come from.

use serde_json::json;
use token::Timestamp;

use super::{
    app::{App, PASSWORD, SECRET},
    database::on_each_database,
};

impl App {
    /// The address of the last event in the audit.
    async fn last_address(&self) -> String {
        let events = self.issuer.store.events(None, Timestamp::from_unix_secs(0), 1).await.unwrap();
        events[0].address.clone().unwrap()
    }
}

async fn a_header_from_a_stranger_is_ignored_and_counted() {
    let app = App::start().await;
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let body = json!({"username": "ada", "password": PASSWORD});
        let request = app.post("/login").header(header, "203.0.113.7").json(&body);
        assert_eq!(app.send(request).await.status, 200);
        assert_eq!(app.last_address().await, "127.0.0.1", "{header}");
    }
    assert_eq!(app.issuer.proxies.ignored.count(), 2);
    super::metrics::has(&app.scraped().await, "issuer_forwarded_headers_ignored_total 2");
    app.ada().await;
    assert_eq!(app.issuer.proxies.ignored.count(), 2);
}

async fn behind_a_trusted_proxy_the_client_is_whom_the_proxy_names() {
    let settings = [("JWT_SECRET", SECRET), ("TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.1")];
    let app = App::start_with(&settings).await;
    for (header, expected) in [
        ("203.0.113.7", "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
    ] {
        assert_eq!(app.log_in_from(header, "ada", PASSWORD).await.status, 200);
        assert_eq!(app.last_address().await, expected);
    }
    let body = json!({"username": "ada", "password": PASSWORD});
    let several = app.post("/login").header("x-forwarded-for", "1.1.1.1");
    let several = several.header("x-forwarded-for", "203.0.113.8").json(&body);
    assert_eq!(app.send(several).await.status, 200);
    assert_eq!(app.last_address().await, "203.0.113.8");
    assert_eq!(app.issuer.proxies.unnamed.count(), 0);

    let other = app.post("/login").header("forwarded", "for=203.0.113.9").json(&body);
    assert_eq!(app.send(other).await.status, 200);
    assert_eq!(app.last_address().await, "127.0.0.1", "it is not the header asked for");
    assert_eq!(app.issuer.proxies.unnamed.count(), 1);
    assert_eq!(app.issuer.proxies.ignored.count(), 0);
}

async fn the_standard_header_can_be_asked_for() {
    let settings =
        [("JWT_SECRET", SECRET), ("TRUSTED_PROXIES", "127.0.0.1"), ("CLIENT_ADDRESS_HEADER", "forwarded")];
    let app = App::start_with(&settings).await;
    let body = json!({"username": "ada", "password": PASSWORD});
    let request = app
        .post("/login")
        .header("forwarded", r#"for="1.1.1.1, for="[2001:db8::7]:4711";proto=https"#)
        .header("x-forwarded-for", "1.1.1.1")
        .json(&body);
    assert_eq!(app.send(request).await.status, 200);
    assert_eq!(app.last_address().await, "2001:db8::7");
}

on_each_database! {
    a_header_from_a_stranger_is_ignored_and_counted,
    behind_a_trusted_proxy_the_client_is_whom_the_proxy_names,
    the_standard_header_can_be_asked_for,
}
