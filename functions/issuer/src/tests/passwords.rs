//! Changing a password, and setting one with a token.

use serde_json::json;

use super::{
    app::{Answer, App, PASSWORD},
    database::on_each_database,
};

const NEW: &str = "a new password, long enough";

impl App {
    async fn change_password(&self, access_token: &str, current: &str, new: &str) -> Answer {
        let body = json!({"current_password": current, "new_password": new});
        self.send(self.post("/me/password").bearer_auth(access_token).json(&body)).await
    }

    pub(super) async fn offer_reset(&self, administrator: &str, id: &str) -> Answer {
        let path = format!("/admin/users/{id}/password-reset");
        self.send(self.post(&path).bearer_auth(administrator)).await
    }

    pub(super) async fn reset_password(&self, token: &str, new: &str) -> Answer {
        let body = json!({"reset_token": token, "new_password": new});
        self.send(self.post("/password-reset").json(&body)).await
    }
}

async fn a_changed_password_ends_the_other_sessions() {
    let app = App::start().await;
    let (mine, other) = (app.ada().await, app.ada().await);
    let answer = app.change_password(&mine.access(), PASSWORD, NEW).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));

    assert_eq!(app.me(&mine.access()).await.status, 200);
    assert_eq!(app.refresh(&mine.refresh()).await.status, 200);
    app.refresh(&other.refresh()).await.is_error(401, "invalid_grant");
    app.me(&other.access()).await.is_error(401, "invalid_token");
    assert_eq!(app.registry.sessions().len(), 1, "verifiers are told");
    app.log_in("ada", PASSWORD).await.is_error(401, "invalid_credentials");
    assert_eq!(app.log_in("ada", NEW).await.status, 200);
    assert!(app.audit().await.contains(&"password_changed done id-of-ada".to_owned()));
}

async fn the_end_of_the_others_may_still_have_to_reach_the_registry() {
    let app = App::start().await;
    let (mine, _other) = (app.ada().await, app.ada().await);
    app.registry.set_down(true);
    let answer = app.change_password(&mine.access(), PASSWORD, NEW).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json()["status"], "pending");
    assert_eq!(app.log_in("ada", NEW).await.status, 200, "changed all the same");
    app.registry.set_down(false);
    app.clock.advance(5);
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.sessions().len(), 1);
}

async fn the_current_password_is_needed_and_the_new_one_must_be_one() {
    let app = App::start().await;
    let mine = app.ada().await.access();
    let wrong = app.change_password(&mine, "not her password", NEW).await;
    wrong.is_error(403, "wrong_password");
    assert_eq!(wrong.header("www-authenticate"), "", "another access token would not help");
    app.change_password(&mine, "not her password", "not her password").await.is_error(403, "wrong_password");
    app.change_password(&mine, PASSWORD, PASSWORD).await.is_error(400, "same_password");
    app.change_password(&mine, PASSWORD, "short").await.is_error(400, "weak_password");
    app.change_password(&mine, PASSWORD, "password123").await.is_error(400, "weak_password");
    app.change_password(&mine, PASSWORD, &"x".repeat(1025)).await.is_error(400, "weak_password");
    app.change_password(&mine, &"x".repeat(1025), NEW).await.is_error(400, "invalid_request");
    app.change_password("no.token.here", PASSWORD, NEW).await.is_error(401, "invalid_token");
    app.ada().await;
    let audit = app.audit().await;
    assert!(audit.contains(&"password_changed refused id-of-ada wrong_password".to_owned()), "{audit:?}");
}

async fn of_two_changes_at_once_one_counts() {
    let app = App::start().await;
    let mine = app.ada().await.access();
    let other = "yet another long password";
    let (first, second) =
        tokio::join!(app.change_password(&mine, PASSWORD, NEW), app.change_password(&mine, PASSWORD, other));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 403]);
    let right = if first.status == 204 { NEW } else { other };
    assert_eq!(app.log_in("ada", right).await.status, 200);
}

async fn a_token_sets_a_password_once_and_ends_all_sessions() {
    let app = App::start().await;
    let administrator = app.administrator("root").await;
    let before = app.ada().await;
    let offer = app.offer_reset(&administrator, "id-of-ada").await;
    assert_eq!(offer.status, 201);
    assert_eq!(offer.header("cache-control"), "no-store");
    assert_eq!(offer.json()["expires_in"], 86_400);
    let token = offer.field("reset_token");
    assert_eq!(app.me(&before.access()).await.status, 200, "an offer changes nothing");

    app.reset_password(&token, "short").await.is_error(400, "weak_password");
    let answer = app.reset_password(&token, NEW).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    app.refresh(&before.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.registry.sessions().len(), 1);
    app.log_in("ada", PASSWORD).await.is_error(401, "invalid_credentials");
    assert_eq!(app.log_in("ada", NEW).await.status, 200);
    app.reset_password(&token, "and one more password").await.is_error(401, "invalid_reset_token");
    let audit = app.audit().await;
    for event in ["password_reset_offered done id-of-ada", "password_reset done id-of-ada"] {
        assert!(audit.contains(&event.to_owned()), "{audit:?}");
    }
}

async fn used_twice_at_once_a_token_counts_once() {
    let app = App::start().await;
    let administrator = app.administrator("root").await;
    let token = app.offer_reset(&administrator, "id-of-ada").await.field("reset_token");
    let other = "yet another long password";
    let (first, second) = tokio::join!(app.reset_password(&token, NEW), app.reset_password(&token, other));
    let (won, lost, right) = if first.status == 204 { (first, second, NEW) } else { (second, first, other) };
    assert_eq!(won.status, 204, "{}", won.text);
    lost.is_error(401, "invalid_reset_token");
    assert_eq!(app.log_in("ada", right).await.status, 200);
}

async fn what_is_wrong_about_a_token_is_not_told() {
    let app = App::start().await;
    let administrator = app.administrator("root").await;
    let offer = async || app.offer_reset(&administrator, "id-of-ada").await.field("reset_token");
    let unknown = app.reset_password("unknown", NEW).await;
    unknown.is_error(401, "invalid_reset_token");

    let (first, second) = (offer().await, offer().await);
    assert_eq!(app.reset_password(&first, NEW).await.text, unknown.text, "replaced");
    app.clock.advance(86_400);
    assert_eq!(app.reset_password(&second, NEW).await.text, unknown.text, "expired");

    let administrator = app.log_in("root", super::app::ADMIN_PASSWORD).await.access();
    let third = app.offer_reset(&administrator, "id-of-ada").await.field("reset_token");
    app.disable("ada").await;
    assert_eq!(app.reset_password(&third, NEW).await.text, unknown.text, "of a disabled user");
    app.reset_password(&"x".repeat(60_000), NEW).await.is_error(401, "invalid_reset_token");
}

async fn a_changed_password_makes_a_token_void() {
    let app = App::start().await;
    let administrator = app.administrator("root").await;
    let token = app.offer_reset(&administrator, "id-of-ada").await.field("reset_token");
    let mine = app.ada().await.access();
    assert_eq!(app.change_password(&mine, PASSWORD, NEW).await.status, 204);
    app.reset_password(&token, "and one more password").await.is_error(401, "invalid_reset_token");
}

async fn a_token_that_is_not_good_costs_no_hash() {
    let app = App::start().await;
    let _places: Vec<_> = std::iter::from_fn(|| app.issuer.hasher.admit().ok()).collect();
    app.reset_password("unknown", NEW).await.is_error(401, "invalid_reset_token");
}

async fn only_an_administrator_can_offer_a_token() {
    let app = App::start().await;
    let ada = app.ada().await.access();
    let refused = app.offer_reset(&ada, "id-of-ada").await;
    refused.is_error(403, "forbidden");
    let challenge = r#"Bearer realm="latchkey", error="insufficient_scope""#;
    assert_eq!(refused.header("www-authenticate"), challenge);
    let administrator = app.administrator("root").await;
    for unknown in ["nobody", "%00", "%ff"] {
        app.offer_reset(&administrator, unknown).await.is_error(404, "not_found");
    }
}

async fn tokens_that_have_expired_are_swept_away() {
    let app = App::start().await;
    let administrator = app.administrator("root").await;
    let token = app.offer_reset(&administrator, "id-of-ada").await.field("reset_token");
    let digest = crate::digest::SecretDigest::of(&token);
    assert!(super::secrets::contains(&app.database.bytes(), digest.as_str()));
    app.clock.advance(86_400);
    app.issuer.sweep().await.unwrap();
    let dropped = app.issuer.store.drop_expired_resets(app.issuer.now()).await.unwrap();
    assert_eq!(dropped, 0, "nothing was left to drop");
}

on_each_database! {
    a_changed_password_ends_the_other_sessions,
    the_end_of_the_others_may_still_have_to_reach_the_registry,
    the_current_password_is_needed_and_the_new_one_must_be_one,
    of_two_changes_at_once_one_counts,
    a_token_sets_a_password_once_and_ends_all_sessions,
    used_twice_at_once_a_token_counts_once,
    what_is_wrong_about_a_token_is_not_told,
    a_changed_password_makes_a_token_void,
    a_token_that_is_not_good_costs_no_hash,
    only_an_administrator_can_offer_a_token,
    tokens_that_have_expired_are_swept_away,
}
