//! What holds for every route.

use serde_json::json;

use super::{
    app::{App, PASSWORD},
    database::on_each_database,
};

async fn every_error_has_the_same_form() {
    let app = App::start().await;
    app.send(app.get("/nowhere")).await.is_error(404, "not_found");
    app.send(app.get("/login/")).await.is_error(404, "not_found");
    let wrong_method = app.send(app.get("/login")).await;
    wrong_method.is_error(405, "method_not_allowed");
    assert_eq!(wrong_method.header("allow"), "POST");

    let json = |text: &'static str| {
        let request = app.post("/login").header("content-type", "application/json");
        app.send(request.body(text))
    };
    for text in ["{", "[]", "{}", r#"{"username":1,"password":"x"}"#, r#"{"username":"x"}"#, ""] {
        json(text).await.is_error(400, "invalid_request");
    }
    let untyped = app.post("/login").body(r#"{"username":"a","password":"b"}"#);
    app.send(untyped).await.is_error(415, "unsupported_media_type");
    let large = "x".repeat(64 * 1024);
    app.log_in("ada", &large).await.is_error(413, "too_large");
}

async fn an_access_token_is_asked_for_as_rfc_6750_says() {
    let app = App::start().await;
    let none = app.send(app.get("/me")).await;
    none.is_error(401, "no_token");
    assert_eq!(none.header("www-authenticate"), r#"Bearer realm="latchkey""#);
    let basic = app.send(app.get("/me").basic_auth("ada", Some(PASSWORD))).await;
    basic.is_error(401, "no_token");

    let bad = app.me("a.b.c").await;
    bad.is_error(401, "invalid_token");
    let challenge = r#"Bearer realm="latchkey", error="invalid_token""#;
    assert_eq!(bad.header("www-authenticate"), challenge);

    let token = app.ada().await.access();
    let twice = app.get("/me").bearer_auth(&token).bearer_auth(&token);
    let twice = app.send(twice).await;
    twice.is_error(400, "invalid_request");
    let challenge = r#"Bearer realm="latchkey", error="invalid_request""#;
    assert_eq!(twice.header("www-authenticate"), challenge);

    let lower = app.get("/me").header("authorization", format!("bearer {token}"));
    assert_eq!(app.send(lower).await.status, 200);
}

async fn me_tells_who_is_calling_as_the_database_knows_now() {
    let app = App::start().await;
    let mut me = app.me(&app.ada().await.access()).await.json();
    assert!(me["sid"].take().is_string());
    assert_eq!(
        me,
        json!({"sub": "id-of-ada", "username": "ada", "name": "Ada L.",
            "email": "ada@example.com", "role": "USER", "sid": null, "totp": false})
    );
}

async fn an_expired_access_token_is_refused() {
    let app = App::start().await;
    let token = app.ada().await.access();
    app.clock.advance(1800 + 29);
    assert_eq!(app.me(&token).await.status, 200);
    app.clock.advance(1);
    app.me(&token).await.is_error(401, "invalid_token");
}

async fn every_answer_has_a_request_id() {
    let app = App::start().await;
    let own = app.send(app.get("/healthz")).await;
    assert_eq!(own.header("x-request-id").len(), 36);
    let given = app.get("/nowhere").header("x-request-id", "from-a-proxy.1");
    assert_eq!(app.send(given).await.header("x-request-id"), "from-a-proxy.1");
    let unfit = app.get("/nowhere").header("x-request-id", "a b\"c");
    assert_eq!(app.send(unfit).await.header("x-request-id").len(), 36);
}

async fn without_a_database_nobody_is_told_no() {
    let app = App::start().await;
    let first = app.ada().await;
    app.issuer.store.close().await;
    for answer in [
        app.log_in("ada", PASSWORD).await,
        app.log_in("nobody", PASSWORD).await,
        app.refresh(&first.refresh()).await,
        app.me(&first.access()).await,
        app.log_out(&first.access(), "this").await,
        app.send(app.get("/readyz")).await,
    ] {
        answer.is_error(503, "database_unavailable");
    }
}

on_each_database! {
    every_error_has_the_same_form,
    an_access_token_is_asked_for_as_rfc_6750_says,
    me_tells_who_is_calling_as_the_database_knows_now,
    an_expired_access_token_is_refused,
    every_answer_has_a_request_id,
    without_a_database_nobody_is_told_no,
}
