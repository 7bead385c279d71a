//! Liveness and readiness.

use serde_json::json;

use super::{
    app::{App, SECRET},
    database::on_each_database,
};

async fn readiness_tells_which_part_is_not_ready() {
    let app = App::start().await;
    let ready = app.send(app.get("/readyz")).await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.json(), json!({"status": "ready", "checks": {"database": "ok", "keys": "ok"}}));

    app.issuer.store.close().await;
    let not_ready = app.send(app.get("/readyz")).await;
    not_ready.is_error(503, "database_unavailable");
    assert_eq!(not_ready.json()["status"], "not_ready");
    assert_eq!(not_ready.json()["checks"], json!({"database": "unavailable", "keys": "ok"}));
    assert_eq!(not_ready.header("retry-after"), "2");
    let alive = app.send(app.get("/healthz")).await;
    assert_eq!(alive.json(), json!({"status": "ok"}));
}

async fn without_keys_the_issuer_is_not_ready() {
    // A minute later: a key that may not sign yet.
    let ring = r#"{"keys":[{"kty":"oct","kid":"k","alg":"HS256","sign_from":1750000060,
        "k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}"#;
    let app = App::start_with(&[("JWT_SECRET", ring)]).await;
    let early = app.send(app.get("/readyz")).await;
    early.is_error(503, "keys_unavailable");
    assert_eq!(early.json()["checks"], json!({"database": "ok", "keys": "no_signing_key"}));
    app.clock.advance(60);
    assert_eq!(app.send(app.get("/readyz")).await.status, 200);

    let file = app.database.folder.join("secret");
    std::fs::write(&file, SECRET).unwrap();
    let app = App::start_with(&[("JWT_SECRET_FILE", file.to_str().unwrap())]).await;
    assert_eq!(app.send(app.get("/readyz")).await.status, 200);
    std::fs::remove_file(&file).unwrap();
    app.clock.advance(300);
    let gone = app.send(app.get("/readyz")).await;
    gone.is_error(503, "keys_unavailable");
    assert_eq!(gone.json()["checks"], json!({"database": "ok", "keys": "unavailable"}));
    assert_eq!(app.send(app.get("/healthz")).await.status, 200);
}

async fn a_storm_of_logins_does_not_make_the_issuer_look_dead() {
    let app = App::start().await;
    let places: Vec<_> = std::iter::from_fn(|| app.issuer.hasher.admit().ok()).collect();
    assert_eq!(app.send(app.get("/healthz")).await.status, 200);
    assert_eq!(app.send(app.get("/readyz")).await.status, 200);
    app.log_in("ada", "x").await.is_error(503, "busy");
    drop(places);
    app.ada().await;
}

on_each_database! {
    readiness_tells_which_part_is_not_ready,
    without_keys_the_issuer_is_not_ready,
    a_storm_of_logins_does_not_make_the_issuer_look_dead,
}
