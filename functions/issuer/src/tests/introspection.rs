//! Asking about tokens (RFC 7662).

use std::sync::Arc;

use serde_json::{Value, json};
use token::{Algorithm, Credential, CredentialRecord, CredentialSecret, Role};
use zeroize::Zeroizing;

use super::{
    app::{App, PASSWORD, SECRET},
    database::on_each_database,
    programs::{Program, SHARED, claims, form, signed},
};

const CONSUMERS_SECRET: &str = "a secret of the shop, 32 bytes at least";

fn credential(enabled: bool) -> Arc<Credential> {
    let value = Zeroizing::new(CONSUMERS_SECRET.to_owned());
    let record = CredentialRecord {
        key: "shop-key".into(),
        username: "shop".into(),
        custom_id: None,
        role: Role::User,
        enabled,
        algorithm: Algorithm::HS256,
        max_lifetime_secs: 3600,
        not_before: None,
        secrets: vec![CredentialSecret { value, is_base64: false, not_after: None }],
    };
    Arc::new(Credential::new(record).unwrap())
}

async fn a_good_access_token_is_told_about() {
    let app = App::start().await;
    let program = app.add_program();
    let ada = app.ada().await;
    app.clock.advance(60);
    let answer = app.introspect(&program, &ada.access()).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut told = answer.json();
    for member in ["sid", "jti"] {
        assert_eq!(told[member].take().as_str().unwrap().len(), 36, "{member}");
    }
    assert_eq!(
        told,
        json!({
            "active": true, "token_type": "Bearer", "iss": "https://auth.example.com", "aud": "chatbot",
            "sub": "id-of-ada", "username": "ada", "role": "USER", "sid": null, "jti": null,
            "iat": 1_750_000_000, "exp": 1_750_001_800,
        })
    );
    let same = app.introspect(&app.add_program(), &ada.access()).await;
    assert_eq!(same.text, answer.text, "whoever asks");
}

async fn a_refresh_token_is_good_while_it_would_work_and_has_no_role() {
    let app = App::start().await;
    let program = app.add_program();
    let first = app.ada().await;
    let told = app.introspect(&program, &first.refresh()).await.json();
    assert_eq!(told["token_type"], "refresh_token");
    assert_eq!((&told["aud"], &told["sub"]), (&told["iss"], &json!("id-of-ada")));
    for absent in ["role", "username"] {
        assert_eq!(told.get(absent), None, "what checks roles must not take it for an access token");
    }

    let second = app.refresh(&first.refresh()).await;
    app.clock.advance(10);
    assert_eq!(app.introspect(&program, &first.refresh()).await.json()["active"], true);
    app.clock.advance(1);
    App::is_inactive(&app.introspect(&program, &first.refresh()).await);
    assert_eq!(app.introspect(&program, &second.refresh()).await.json()["active"], true);
    assert_eq!(app.refresh(&second.refresh()).await.status, 200, "to ask ended nothing");
}

async fn what_is_not_good_is_inactive_and_nothing_else() {
    let app = App::start().await;
    let program = app.add_program();
    let now = app.issuer.now().as_unix_secs();
    let with = |name: &str, value: Value| {
        let mut claims = claims(now);
        claims[name] = value;
        signed(&claims, SHARED)
    };
    assert_eq!(app.introspect(&program, &with("jti", json!("1"))).await.json()["active"], true);
    for (what, token) in [
        ("no token", "x".to_owned()),
        ("not text for a header", "\u{0}\u{1}ä".to_owned()),
        ("too long", "x".repeat(60_000)),
        ("somebody else's", signed(&claims(now), "another secret with enough bytes in it")),
        ("expired", with("exp", json!(now - 30))),
        ("for others", with("aud", json!("reports"))),
        ("of an unknown session", with("sid", json!("nowhere"))),
        ("a refresh token of nobody", with("type", json!("refresh"))),
        ("a consumer's that nobody knows", with("iss", json!("unknown-key"))),
    ] {
        let answer = app.introspect(&program, &token).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"active":false}"#), "{what}");
    }

    let over = app.ada().await;
    app.log_out(&over.access(), "this").await;
    let disabled = app.ada().await;
    app.disable("ada").await;
    for answer in [&over, &disabled] {
        App::is_inactive(&app.introspect(&program, &answer.access()).await);
        App::is_inactive(&app.introspect(&program, &answer.refresh()).await);
    }
}

async fn a_token_without_a_session_is_good_unless_revoked() {
    let app = App::start().await;
    let program = app.add_program();
    let token = app.minted("robot", "jti-1").await;
    let told = app.introspect(&program, &token).await.json();
    assert_eq!((&told["active"], &told["role"]), (&json!(true), &json!("SUPERVISOR")));
    let other = app.minted("robot", "jti-2").await;
    app.revoke(&program, &token).await;
    App::is_inactive(&app.introspect(&program, &token).await);

    app.clock.advance(1);
    assert_eq!(app.introspect(&program, &other).await.json()["active"], true);
    app.command("revoke subject robot").done();
    App::is_inactive(&app.introspect(&program, &other).await);
    let later = app.minted("robot", "jti-3").await;
    assert_eq!(app.introspect(&program, &later).await.json()["active"], true);
}

async fn a_consumers_token_is_judged_by_its_credential() {
    let app = App::start().await;
    let program = app.add_program();
    let now = app.issuer.now().as_unix_secs();
    let claims = json!({
        "iss": "shop-key", "exp": now + 60, "iat": now, "jti": "j1", "sub": "id-of-ada", "role": "ADMIN",
    });
    let token = signed(&claims, CONSUMERS_SECRET);
    App::is_inactive(&app.introspect(&program, &token).await);
    *app.registry.credentials.lock().unwrap() = vec![credential(true)];
    assert_eq!(
        app.introspect(&program, &token).await.json(),
        json!({
            "active": true, "token_type": "Bearer", "iss": "shop-key", "sub": "consumer:shop", "role": "USER",
            "jti": "j1", "iat": now, "exp": now + 60, "consumer": "shop",
        }),
        "the consumer says nothing about who it is"
    );
    App::is_inactive(&app.introspect(&program, &signed(&claims, SHARED)).await);
    *app.registry.credentials.lock().unwrap() = vec![credential(false)];
    App::is_inactive(&app.introspect(&program, &token).await);
    *app.registry.credentials.lock().unwrap() = vec![credential(true)];
    app.revoke(&program, &token).await;
    App::is_inactive(&app.introspect(&program, &token).await);
}

async fn what_could_not_be_told_is_never_inactive() {
    let app = App::start().await;
    let program = app.add_program();
    let ada = app.ada().await;
    let minted = app.minted("robot", "jti-1").await;
    let now = app.issuer.now().as_unix_secs();
    let consumers = signed(&json!({"iss": "shop-key", "exp": now + 60}), CONSUMERS_SECRET);
    app.registry.set_down(true);
    for token in [&ada.access(), &minted, &consumers] {
        app.introspect(&program, token).await.is_error(503, "registry_unavailable");
    }
    assert_eq!(app.introspect(&program, &ada.refresh()).await.json()["active"], true);
    // What this issuer was told itself it knows without the registry.
    app.revoke(&program, &minted).await;
    App::is_inactive(&app.introspect(&program, &minted).await);

    app.issuer.store.close().await;
    for token in [&ada.access(), &ada.refresh(), &minted] {
        app.introspect(&program, token).await.is_error(503, "database_unavailable");
    }
}

async fn without_keys_nobody_is_told_no() {
    let database = super::database::TestDatabase::new();
    let file = database.folder.join("secret");
    std::fs::write(&file, SECRET).unwrap();
    let app = App::start_in(database, &[("JWT_SECRET_FILE", file.to_str().unwrap())]).await;
    let program = app.add_program();
    let minted = app.minted("robot", "jti-1").await;
    std::fs::remove_file(&file).unwrap();
    app.clock.advance(300);
    app.introspect(&program, &minted).await.is_error(503, "keys_unavailable");
}

async fn only_clients_and_administrators_may_ask() {
    let app = App::start().await;
    let program = app.add_program();
    app.add_user_as("grace", PASSWORD, Role::Admin).await;
    let (ada, grace) = (app.ada().await, app.log_in("grace", PASSWORD).await);
    let ask = async |bearer: &str| {
        let request = app.post("/introspect").bearer_auth(bearer);
        app.send(form(request, &[("token", &ada.access())])).await
    };
    assert_eq!(ask(&grace.access()).await.json()["active"], true);
    ask(&ada.access()).await.is_error(403, "forbidden");
    let expired = ask("a.b.c").await;
    expired.is_error(401, "invalid_token");
    assert!(expired.header("www-authenticate").starts_with("Bearer "));

    let none = app.send(form(app.post("/introspect"), &[("token", "x")])).await;
    none.is_error(401, "invalid_client");
    assert_eq!(none.header("www-authenticate"), r#"Basic realm="latchkey", charset="UTF-8""#);
    let with = |id: &str, secret: &str| Program { id: id.into(), secret: secret.into() };
    for wrong in [
        with(&program.id, ""),
        with(&program.id, "x"),
        with(&program.id, &format!("{}x", program.secret)),
        with(&program.id.to_uppercase(), &program.secret),
        with("nobody", &program.secret),
        with("%00", &program.secret),
        with("", ""),
        with("ada", PASSWORD),
    ] {
        app.introspect(&wrong, "x").await.is_error(401, "invalid_client");
    }
    let encoded: Vec<_> = program.secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    App::is_inactive(&app.introspect(&with(&program.id, &encoded.concat()), "x").await);
    let twice = app.post("/introspect").bearer_auth("x").basic_auth(&program.id, Some(&program.secret));
    app.send(form(twice, &[("token", "x")])).await.is_error(400, "invalid_request");

    app.command(&format!("client remove {}", program.id)).done();
    app.introspect(&program, "x").await.is_error(401, "invalid_client");
}

async fn the_question_is_a_form_with_one_token() {
    let app = App::start().await;
    let program = app.add_program();
    for path in ["/introspect", "/revoke"] {
        let ask = async |kind: &str, body: &'static str| {
            let request = app.post(path).basic_auth(&program.id, Some(&program.secret));
            app.send(request.header("content-type", kind).body(body)).await
        };
        let form = "application/x-www-form-urlencoded";
        for body in ["", "token", "token=", "tokens=x", "token=x&token=x", "token_type_hint=x"] {
            ask(form, body).await.is_error(400, "invalid_request");
        }
        for body in ["token=%ff%00", "token=x&other=y", "token=x&token_type_hint=nonsense"] {
            assert_eq!(ask(form, body).await.status, 200, "{body}");
        }
        ask("application/json", r#"{"token":"x"}"#).await.is_error(415, "unsupported_media_type");
        assert_eq!(ask("Application/X-WWW-Form-URLencoded; charset=utf-8", "token=x").await.status, 200);
        app.send(app.get(path)).await.is_error(405, "method_not_allowed");
    }
}

async fn questions_are_counted() {
    let app = App::start().await;
    let program = app.add_program();
    let ada = app.ada().await;
    app.introspect(&program, &ada.access()).await;
    app.introspect(&program, "x").await;
    app.registry.set_down(true);
    app.introspect(&program, &ada.access()).await;
    let scraped = app.scraped().await;
    for outcome in ["active", "inactive", "unavailable"] {
        let line = format!("issuer_introspections_total{{outcome=\"{outcome}\"}} 1");
        super::metrics::has(&scraped, &line);
    }
}

on_each_database! {
    a_good_access_token_is_told_about,
    a_refresh_token_is_good_while_it_would_work_and_has_no_role,
    what_is_not_good_is_inactive_and_nothing_else,
    a_token_without_a_session_is_good_unless_revoked,
    a_consumers_token_is_judged_by_its_credential,
    what_could_not_be_told_is_never_inactive,
    without_keys_nobody_is_told_no,
    only_clients_and_administrators_may_ask,
    the_question_is_a_form_with_one_token,
    questions_are_counted,
}
