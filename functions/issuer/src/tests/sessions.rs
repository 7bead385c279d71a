//! Where a user is logged in, and ending that from afar.

use serde_json::{Value, json};

use super::{
    app::{Answer, App, event},
    database::on_each_database,
};
use crate::{
    audit::Action,
    origin::Origin,
    second_factor::FactorProof,
    store::{Beginning, CheckedLogin},
    throttle::Charge,
    user::Username,
};

impl App {
    async fn sessions(&self, access_token: &str) -> Vec<Value> {
        let answer = self.send(self.get("/sessions").bearer_auth(access_token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["data"].as_array().unwrap().clone()
    }

    async fn end_session(&self, access_token: &str, sid: &str) -> Answer {
        self.send(self.delete(&format!("/sessions/{sid}")).bearer_auth(access_token)).await
    }
}

async fn a_user_sees_the_own_live_sessions_the_latest_first() {
    let app = App::start().await;
    app.add_user("grace", "another long password").await;
    app.log_in("grace", "another long password").await;
    let phone = app.post("/login").header("user-agent", "Phone/1");
    let phone = app.send(phone.json(&json!({"username": "ada", "password": super::app::PASSWORD}))).await;
    app.clock.advance(60);
    let laptop = app.ada().await;
    let ended = app.ada().await;
    app.log_out(&ended.access(), "this").await;
    app.clock.advance(40);
    let phone = app.send(app.post("/refresh").json(&json!({"refresh_token": phone.refresh()}))).await;

    let sessions = app.sessions(&laptop.access()).await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["current"], true);
    assert_eq!(sessions[0]["sid"], app.me(&laptop.access()).await.json()["sid"]);
    let mut other = sessions[1].clone();
    assert_eq!(other["sid"].take(), app.me(&phone.access()).await.json()["sid"]);
    assert_eq!(
        other,
        json!({
            "sid": null, "current": false, "started_at": 1_750_000_000, "last_used_at": 1_750_000_100,
            "idle_expires_at": 1_750_604_900, "absolute_expires_at": 1_752_592_000,
            "address": "127.0.0.1", "user_agent": null,
        }),
        "as it was last refreshed"
    );

    app.clock.advance(604_800 - 40);
    let later = app.ada().await;
    assert_eq!(app.sessions(&later.access()).await.len(), 2, "one was idle for too long");
}

async fn a_user_ends_one_session() {
    let app = App::start().await;
    let (mine, other) = (app.ada().await, app.ada().await);
    let sid = app.me(&other.access()).await.field("sid");
    let answer = app.end_session(&mine.access(), &sid).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    app.refresh(&other.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.registry.sessions(), [(sid.clone(), 3900)]);
    assert_eq!(app.me(&mine.access()).await.status, 200);

    app.end_session(&mine.access(), &sid).await.is_error(404, "not_found");
    let own = app.me(&mine.access()).await.field("sid");
    assert_eq!(app.end_session(&mine.access(), &own).await.status, 204);
    app.me(&mine.access()).await.is_error(401, "invalid_token");
}

async fn somebody_elses_session_is_as_unknown_as_any() {
    let app = App::start().await;
    app.add_user("grace", "another long password").await;
    let grace = app.log_in("grace", "another long password").await;
    let theirs = app.me(&grace.access()).await.field("sid");
    let mine = app.ada().await.access();
    let refused = app.end_session(&mine, &theirs).await;
    refused.is_error(404, "not_found");
    for unknown in ["nobody", "%00", "%ff", "..%2f", &"x".repeat(256), &"x".repeat(8000)] {
        let answer = app.end_session(&mine, unknown).await;
        answer.is_error(404, "not_found");
    }
    assert_eq!(app.end_session(&mine, "unknown").await.text, refused.text);
    assert_eq!(app.me(&grace.access()).await.status, 200);
    app.send(app.get("/sessions")).await.is_error(401, "no_token");
    app.send(app.delete(&format!("/sessions/{theirs}"))).await.is_error(401, "no_token");
}

async fn a_registry_that_is_down_learns_of_the_end_later() {
    let app = App::start().await;
    let (mine, other) = (app.ada().await, app.ada().await);
    let sid = app.me(&other.access()).await.field("sid");
    app.registry.set_down(true);
    let answer = app.end_session(&mine.access(), &sid).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json()["status"], "pending");
    app.registry.set_down(false);
    app.clock.advance(5);
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.sessions(), [(sid, 3900)]);
}

async fn a_user_has_a_hundred_sessions_at_most() {
    let app = App::start().await;
    let first = app.ada().await;
    app.clock.advance(10);
    let second = app.ada().await;
    let seen = app.issuer.store.credentials(&Username::parse("ada").unwrap()).await.unwrap().unwrap();
    for number in 0..98 {
        let (sid, origin) = (format!("session-{number}"), Origin::default());
        let session = app.issuer.limits.begin(sid, "id-of-ada".into(), &origin, app.issuer.now());
        let login = CheckedLogin {
            session: &session,
            seen: &seen,
            stronger: None,
            proof: &FactorProof::NotAsked,
            charge: &Charge::default(),
            event: &event(Action::Login),
            confirmed: None,
        };
        assert!(matches!(app.issuer.store.begin_session(login).await, Ok(Beginning::Began { .. })));
    }
    assert_eq!(app.sessions(&second.access()).await.len(), 100);
    let sid = app.me(&first.access()).await.field("sid");
    app.clock.advance(1);
    let (one, other) = tokio::join!(app.ada(), app.ada());
    assert_eq!(app.sessions(&one.access()).await.len(), 100);
    assert_eq!(app.me(&other.access()).await.status, 200);
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    app.refresh(&second.refresh()).await.is_error(401, "invalid_grant");
    assert!(app.audit().await.contains(&"session_ended done id-of-ada too_many".to_owned()));
    app.issuer.deliver_due().await.unwrap();
    let revoked = app.registry.sessions();
    assert_eq!((revoked.len(), revoked.iter().any(|(revoked, _)| *revoked == sid)), (2, true));
}

async fn what_is_over_is_swept_away_after_a_day() {
    let app = App::start().await;
    let (idle, ended) = (app.ada().await, app.ada().await);
    let sid = async |answer: &Answer| app.me(&answer.access()).await.field("sid");
    let (idle, ended_sid) = (sid(&idle).await, sid(&ended).await);
    app.log_out(&ended.access(), "this").await;
    let is_there = async |sid: &str| app.issuer.store.session(sid).await.unwrap().is_some();
    app.clock.advance(86_399);
    app.issuer.sweep().await.unwrap();
    assert!(is_there(&ended_sid).await);
    app.clock.advance(1);
    app.issuer.sweep().await.unwrap();
    assert!(!is_there(&ended_sid).await && is_there(&idle).await);
    app.refresh(&ended.refresh()).await.is_error(401, "invalid_grant");
    app.clock.advance(604_800);
    app.issuer.sweep().await.unwrap();
    assert!(!is_there(&idle).await, "it was idle for too long, and a day longer");
}

async fn the_audit_is_kept_as_long_as_it_is_set() {
    let settings = [("JWT_SECRET", super::app::SECRET), ("AUDIT_RETENTION_DAYS", "30")];
    let app = App::start_with(&settings).await;
    app.clock.advance(30 * 86_400);
    app.ada().await;
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.audit().await.len(), 2);
    app.clock.advance(1);
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.audit().await, ["login done id-of-ada"]);
}

on_each_database! {
    a_user_sees_the_own_live_sessions_the_latest_first,
    a_user_ends_one_session,
    somebody_elses_session_is_as_unknown_as_any,
    a_registry_that_is_down_learns_of_the_end_later,
    a_user_has_a_hundred_sessions_at_most,
    what_is_over_is_swept_away_after_a_day,
    the_audit_is_kept_as_long_as_it_is_set,
}
