//! Logging out, with and without a registry that answers.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;

use super::{
    app::{App, SECRET},
    database::on_each_database,
};

async fn logging_out_ends_the_session() {
    let app = App::start().await;
    let (mine, other) = (app.ada().await, app.ada().await);
    let answer = app.log_out(&mine.access(), "this").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    app.refresh(&mine.refresh()).await.is_error(401, "invalid_grant");
    app.me(&mine.access()).await.is_error(401, "invalid_token");
    app.log_out(&mine.access(), "this").await.is_error(401, "invalid_token");
    assert_eq!(app.registry.sessions().len(), 1);
    assert_eq!(app.me(&other.access()).await.status, 200);
}

async fn without_a_body_it_is_this_session_that_ends() {
    let app = App::start().await;
    let (mine, other) = (app.ada().await, app.ada().await);
    let request = app.post("/logout").bearer_auth(mine.access());
    assert_eq!(app.send(request).await.status, 204);
    app.me(&mine.access()).await.is_error(401, "invalid_token");
    assert_eq!(app.me(&other.access()).await.status, 200);
}

async fn the_other_sessions_or_all_of_them_end_too() {
    let app = App::start().await;
    app.add_user("grace", "another long password").await;
    let grace = app.log_in("grace", "another long password").await;
    let (mine, other) = (app.ada().await, app.ada().await);

    assert_eq!(app.log_out(&mine.access(), "others").await.status, 204);
    assert_eq!(app.me(&mine.access()).await.status, 200);
    app.me(&other.access()).await.is_error(401, "invalid_token");

    let third = app.ada().await;
    assert_eq!(app.log_out(&mine.access(), "all").await.status, 204);
    app.me(&mine.access()).await.is_error(401, "invalid_token");
    app.me(&third.access()).await.is_error(401, "invalid_token");
    assert_eq!(app.registry.sessions().len(), 3);
    assert_eq!(app.me(&grace.access()).await.status, 200, "of this user only");
}

async fn a_registry_that_is_down_learns_of_it_later() {
    let app = App::start().await;
    let mine = app.ada().await;
    app.registry.set_down(true);
    let answer = app.log_out(&mine.access(), "this").await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json()["status"], json!("pending"));
    app.refresh(&mine.refresh()).await.is_error(401, "invalid_grant");

    // Taken over after 5 s, and tried again after 1, 2, 4 … s.
    app.clock.advance(5);
    app.issuer.deliver_due().await.unwrap();
    app.registry.set_down(false);
    app.issuer.deliver_due().await.unwrap();
    assert!(app.registry.sessions().is_empty(), "not before its time");
    app.clock.advance(1);
    app.issuer.deliver_due().await.unwrap();
    app.issuer.deliver_due().await.unwrap();
    let revoked = app.registry.sessions();
    assert_eq!(revoked.len(), 1, "once");
    assert_eq!(revoked[0].1, 3900);
}

async fn what_was_kept_survives_a_restart() {
    let settings = [("JWT_SECRET", SECRET), ("AUTH_TABLE", "revocations")];
    let app = App::start_with(&settings).await;
    let mine = app.ada().await;
    app.registry.set_down(true);
    assert_eq!(app.log_out(&mine.access(), "this").await.status, 202);
    let database = app.stop().await;

    let app = App::start_in(database, &settings).await;
    app.clock.advance(5);
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.sessions().len(), 1);
}

async fn what_has_expired_by_itself_is_not_delivered() {
    let app = App::start().await;
    let mine = app.ada().await;
    app.registry.set_down(true);
    assert_eq!(app.log_out(&mine.access(), "this").await.status, 202);
    app.registry.set_down(false);
    app.clock.advance(86_400 + 3900);
    app.issuer.deliver_due().await.unwrap();
    assert!(app.registry.sessions().is_empty());
    let due = app.issuer.store.due_entries(app.issuer.now(), 10).await.unwrap();
    assert_eq!(due, []);
}

async fn a_session_without_living_access_tokens_needs_no_revocation() {
    let app = App::start().await;
    app.ada().await;
    app.clock.advance(86_400 + 3900);
    let mine = app.ada().await;
    assert_eq!(app.log_out(&mine.access(), "all").await.status, 204);
    assert_eq!(app.registry.sessions().len(), 1);
}

async fn a_clock_that_is_ahead_leaves_no_revocation_out() {
    let app = App::start().await;
    app.ada().await;
    // To a verifier, whose clock is right, the older tokens are as good as the new.
    app.clock.advance(3900);
    let mine = app.ada().await;
    assert_eq!(app.log_out(&mine.access(), "all").await.status, 204);
    assert_eq!(app.registry.sessions().len(), 2);
}

async fn without_a_registry_the_session_ends_all_the_same() {
    let app = App::start_with(&[("JWT_SECRET", SECRET)]).await;
    let mine = app.ada().await;
    assert_eq!(app.log_out(&mine.access(), "this").await.status, 204);
    app.refresh(&mine.refresh()).await.is_error(401, "invalid_grant");
    assert!(app.registry.sessions().is_empty());
}

async fn deliveries_go_on_until_the_server_stops() {
    let app = App::start().await;
    let mine = app.ada().await;
    app.registry.set_down(true);
    assert_eq!(app.log_out(&mine.access(), "this").await.status, 202);
    app.registry.set_down(false);
    app.clock.advance(5);

    let (stopping, stopped) = watch::channel(false);
    let issuer = Arc::clone(&app.issuer);
    let deliveries = tokio::spawn(async move { issuer.keep_delivering(stopped).await });
    while app.registry.sessions().is_empty() {
        tokio::task::yield_now().await;
    }
    stopping.send_replace(true);
    deliveries.await.unwrap();
}

on_each_database! {
    logging_out_ends_the_session,
    without_a_body_it_is_this_session_that_ends,
    the_other_sessions_or_all_of_them_end_too,
    a_registry_that_is_down_learns_of_it_later,
    what_was_kept_survives_a_restart,
    what_has_expired_by_itself_is_not_delivered,
    a_session_without_living_access_tokens_needs_no_revocation,
    a_clock_that_is_ahead_leaves_no_revocation_out,
    without_a_registry_the_session_ends_all_the_same,
    deliveries_go_on_until_the_server_stops,
}
