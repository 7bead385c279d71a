//! Refreshing, and what happens when a refresh token is in two hands.

use super::{
    app::{App, PASSWORD, SECRET, event},
    database::on_each_database,
};
use crate::audit::Action;

async fn refresh_rotates() {
    let app = App::start().await;
    let first = app.ada().await;
    app.clock.advance(1000);
    let second = app.refresh(&first.refresh()).await;
    assert_eq!(second.status, 200);
    assert_eq!(second.header("cache-control"), "no-store");
    assert_ne!(second.access(), first.access());
    assert_ne!(second.refresh(), first.refresh());
    assert_eq!(second.json()["expires_in"], 1800);
    assert_eq!(second.json()["refresh_expires_in"], 604_800);
    assert_eq!(app.me(&second.access()).await.status, 200);
    let third = app.refresh(&second.refresh()).await;
    assert_eq!(third.status, 200);
    assert!(app.registry.sessions().is_empty());
}

async fn sent_again_within_ten_seconds_it_gives_the_very_same_pair() {
    let app = App::start().await;
    let first = app.ada().await;
    app.clock.advance(100);
    let second = app.refresh(&first.refresh()).await;
    assert_eq!(app.me(&second.access()).await.status, 200, "use of the access token does not count");
    for _ in 0..2 {
        app.clock.advance(5);
        let again = app.refresh(&first.refresh()).await;
        assert_eq!(again.pair(), second.pair());
    }
    assert_eq!(app.refresh(&second.refresh()).await.status, 200, "no further generation");
}

async fn sent_again_later_it_ends_the_session() {
    let app = App::start().await;
    let first = app.ada().await;
    let second = app.refresh(&first.refresh()).await;
    app.clock.advance(11);
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    app.refresh(&second.refresh()).await.is_error(401, "invalid_grant");
    app.me(&second.access()).await.is_error(401, "invalid_token");
    let sid = app.sid(&second).await;
    // Until the last access token is over: 3600 s and the largest leeway.
    assert_eq!(app.registry.sessions(), [(sid, 3900)]);
}

async fn sent_again_after_the_new_one_was_used_it_ends_the_session() {
    let app = App::start().await;
    let first = app.ada().await;
    let second = app.refresh(&first.refresh()).await;
    let third = app.refresh(&second.refresh()).await;
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    app.refresh(&third.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.registry.sessions().len(), 1);
    let other = app.ada().await;
    assert_eq!(app.refresh(&other.refresh()).await.status, 200, "other sessions live on");
}

async fn refreshes_at_once_all_get_the_same_working_pair() {
    let app = App::start().await;
    let first = app.ada().await.refresh();
    let (a, b, c, d) =
        tokio::join!(app.refresh(&first), app.refresh(&first), app.refresh(&first), app.refresh(&first));
    assert_eq!(a.pair(), b.pair());
    assert_eq!(b.pair(), c.pair());
    assert_eq!(c.pair(), d.pair());
    assert_eq!(app.me(&a.access()).await.status, 200);
    assert_eq!(app.refresh(&d.refresh()).await.status, 200);
    assert!(app.registry.sessions().is_empty());
}

async fn a_disabled_user_cannot_refresh() {
    let app = App::start().await;
    let first = app.ada().await;
    app.disable("ada").await;
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    app.me(&first.access()).await.is_error(401, "invalid_token");
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.sessions().len(), 1, "verifiers are told");

    app.enable("ada").await;
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    app.ada().await;
}

async fn an_idle_session_expires() {
    let app = App::start().await;
    let first = app.ada().await;
    app.clock.advance(604_799);
    let second = app.refresh(&first.refresh()).await;
    assert_eq!(second.status, 200);
    app.clock.advance(604_800);
    app.refresh(&second.refresh()).await.is_error(401, "invalid_grant");
}

async fn a_session_in_use_expires_too() {
    let settings =
        [("JWT_SECRET", SECRET), ("REFRESH_TOKEN_SECONDS", "7200"), ("SESSION_IDLE_SECONDS", "3600")];
    let app = App::start_with(&settings).await;
    let mut answer = app.ada().await;
    app.clock.advance(3000);
    answer = app.refresh(&answer.refresh()).await;
    app.clock.advance(3000);
    answer = app.refresh(&answer.refresh()).await;
    assert_eq!(answer.json()["expires_in"], 1200, "no token outlives the session");
    assert_eq!(answer.json()["refresh_expires_in"], 1200);
    app.clock.advance(1200);
    app.refresh(&answer.refresh()).await.is_error(401, "invalid_grant");
}

async fn a_changed_password_ends_all_sessions() {
    let app = App::start().await;
    let first = app.ada().await;
    let ada = crate::user::Username::parse("ada").unwrap();
    let hash = app.issuer.store.credentials(&ada).await.unwrap().unwrap().hash;
    let now = app.issuer.now();
    app.issuer.store.set_password("id-of-ada", &hash, &event(Action::PasswordChanged), now).await.unwrap();
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.log_in("ada", PASSWORD).await.status, 200);
}

async fn sessions_survive_a_restart() {
    let settings = [("JWT_SECRET", SECRET)];
    let app = App::start_with(&settings).await;
    let first = app.ada().await;
    let database = app.stop().await;
    let app = App::start_in(database, &settings).await;
    assert_eq!(app.refresh(&first.refresh()).await.status, 200);
}

impl App {
    async fn sid(&self, answer: &super::app::Answer) -> String {
        let moment = self.clock.moment();
        let keys = self.issuer.keys.keys(moment).await.unwrap();
        let verified = self.issuer.verifier.verify(&answer.access(), &keys, moment.wall);
        verified.unwrap().sid().unwrap().to_owned()
    }
}

on_each_database! {
    refresh_rotates,
    sent_again_within_ten_seconds_it_gives_the_very_same_pair,
    sent_again_later_it_ends_the_session,
    sent_again_after_the_new_one_was_used_it_ends_the_session,
    refreshes_at_once_all_get_the_same_working_pair,
    a_disabled_user_cannot_refresh,
    an_idle_session_expires,
    a_session_in_use_expires_too,
    a_changed_password_ends_all_sessions,
    sessions_survive_a_restart,
}
