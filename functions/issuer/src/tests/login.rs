//! Logging in.

use argon2::{Argon2, Params, PasswordHasher};
use token::{Caller, Role};

use super::{
    app::{Answer, App, PASSWORD, SECRET, event},
    database::{TestDatabase, on_each_database},
};
use crate::{audit::Action, password_hash::StoredHash, user::Username};

async fn a_login_gives_a_pair_that_verifies() {
    let app = App::start().await;
    let answer = app.log_in(" ADA ", PASSWORD).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!(body["token"], body["access_token"]);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 1800);
    assert_eq!(body["refresh_expires_in"], 604_800);

    let moment = app.clock.moment();
    let keys = app.issuer.keys.keys(moment).await.unwrap();
    let verify = |token: &str| app.issuer.verifier.verify(token, &keys, moment.wall);
    let principal = verify(&answer.access()).unwrap();
    assert_eq!(principal.id(), "id-of-ada");
    assert_eq!(principal.username(), Some("ada"));
    assert_eq!(principal.name(), Some("Ada L."));
    assert_eq!(principal.email(), Some("ada@example.com"));
    assert_eq!(principal.role(), Role::User);
    assert_eq!(principal.caller(), &Caller::User);
    assert!(principal.jti().is_some() && principal.sid().is_some());

    assert!(verify(&answer.refresh()).is_err(), "a refresh token opens no API");
    app.me(&answer.refresh()).await.is_error(401, "invalid_token");
    app.refresh(&answer.access()).await.is_error(401, "invalid_grant");
}

async fn wrong_password_unknown_user_and_disabled_user_give_the_same_body() {
    let app = App::start().await;
    let wrong = app.log_in("ada", "not her password").await;
    let unknown = app.log_in("nobody", PASSWORD).await;
    app.disable("ada").await;
    let disabled = app.log_in("ada", PASSWORD).await;
    let disabled_and_wrong = app.log_in("ada", "not her password").await;

    wrong.is_error(401, "invalid_credentials");
    let own = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        (answer.status, answer.text.clone(), headers)
    };
    for other in [unknown, disabled, disabled_and_wrong] {
        assert_eq!(own(&other), own(&wrong));
    }
}

async fn what_is_too_long_is_refused_before_any_work() {
    let app = App::start().await;
    // No place is left to hash: whoever got that far would be told "busy".
    let _places: Vec<_> = std::iter::from_fn(|| app.issuer.hasher.admit().ok()).collect();
    app.log_in("ada", &"x".repeat(1025)).await.is_error(400, "invalid_request");
    app.log_in(&"x".repeat(129), PASSWORD).await.is_error(400, "invalid_request");
    app.log_in("a\nb", PASSWORD).await.is_error(400, "invalid_request");
    app.log_in("", PASSWORD).await.is_error(400, "invalid_request");
}

async fn with_the_queue_full_a_login_is_told_to_come_back() {
    let app = App::start().await;
    let places: Vec<_> = std::iter::from_fn(|| app.issuer.hasher.admit().ok()).collect();
    let busy = app.log_in("ada", PASSWORD).await;
    busy.is_error(503, "busy");
    assert_eq!(busy.header("retry-after"), "2");
    drop(places);
    app.ada().await;
}

async fn without_current_keys_there_is_no_login_and_no_refresh_is_spent() {
    let database = TestDatabase::new();
    let file = database.folder.join("secret");
    std::fs::write(&file, SECRET).unwrap();
    let app = App::start_in(
        database,
        &[
            ("JWT_SECRET_FILE", file.to_str().unwrap()),
            ("KEY_CACHE_SECONDS", "60"),
            ("KEY_REFRESH_COOLDOWN_SECONDS", "1"),
        ],
    )
    .await;
    app.add_user("ada", PASSWORD).await;
    let first = app.ada().await;

    std::fs::remove_file(&file).unwrap();
    app.clock.advance(61);
    for answer in [
        app.log_in("ada", PASSWORD).await,
        app.refresh(&first.refresh()).await,
        app.me(&first.access()).await,
        app.send(app.get("/readyz")).await,
    ] {
        answer.is_error(503, "keys_unavailable");
        assert_eq!(answer.header("retry-after"), "2");
    }
    assert_eq!(app.send(app.get("/healthz")).await.status, 200);

    std::fs::write(&file, SECRET).unwrap();
    app.clock.advance(61);
    assert_eq!(app.refresh(&first.refresh()).await.status, 200);
    assert_eq!(app.send(app.get("/readyz")).await.json()["status"], "ready");
}

async fn a_weak_hash_is_replaced_at_the_next_login() {
    let app = App::start().await;
    let store = &app.issuer.store;
    let hash = StoredHash::from_database(weak_hash(PASSWORD));
    store.set_password("id-of-ada", &hash, &event(Action::PasswordChanged), app.issuer.now()).await.unwrap();

    app.ada().await;
    let ada = Username::parse("ada").unwrap();
    let stored = store.credentials(&ada).await.unwrap().unwrap();
    assert!(stored.hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    app.ada().await;
}

fn weak_hash(password: &str) -> String {
    let params = Params::new(16, 1, 1, None).unwrap();
    Argon2::from(params)
        .hash_password_with_salt(password.as_bytes(), b"0123456789abcdef")
        .unwrap()
        .to_string()
}

on_each_database! {
    a_login_gives_a_pair_that_verifies,
    wrong_password_unknown_user_and_disabled_user_give_the_same_body,
    what_is_too_long_is_refused_before_any_work,
    with_the_queue_full_a_login_is_told_to_come_back,
    without_current_keys_there_is_no_login_and_no_refresh_is_spent,
    a_weak_hash_is_replaced_at_the_next_login,
}
