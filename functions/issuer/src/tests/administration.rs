//! What administrators do with the accounts of others.

use std::collections::BTreeSet;

use registry::Revocation;
use reqwest::Method;
use serde_json::{Value, json};
use token::{Role, Timestamp};

use super::{
    app::{ADMIN_PASSWORD, Answer, App, PASSWORD, SECRET},
    database::on_each_database,
};

const NEW: &str = "a new password, long enough";

/// An administrator at work.
struct Desk<'a> {
    app: &'a App,
    token: String,
}

impl App {
    async fn desk(&self) -> Desk<'_> {
        Desk { app: self, token: self.administrator("root").await }
    }

    /// The subjects whose tokens were revoked, each with the seconds after noon
    /// from which on they are good again.
    fn revoked_subjects(&self) -> Vec<(String, u64)> {
        let revoked = self.registry.revoked.lock().unwrap();
        let subject = |(revocation, _): &(Revocation, Timestamp)| match revocation {
            Revocation::Subject { sub, not_before } => {
                Some((sub.clone(), not_before.secs_since(Timestamp::from_unix_secs(1_750_000_000))))
            }
            _ => None,
        };
        revoked.iter().filter_map(subject).collect()
    }

    async fn role_in(&self, access_token: &str) -> Role {
        let moment = self.clock.moment();
        let keys = self.issuer.keys.keys(moment).await.unwrap();
        self.issuer.verifier.verify(access_token, &keys, moment.wall).unwrap().role()
    }
}

impl Desk<'_> {
    async fn get(&self, path: &str) -> Answer {
        self.app.send(self.app.get(path).bearer_auth(&self.token)).await
    }

    async fn add(&self, body: &Value) -> Answer {
        self.app.send(self.app.post("/admin/users").bearer_auth(&self.token).json(body)).await
    }

    async fn change(&self, id: &str, body: &Value) -> Answer {
        let path = format!("/admin/users/{id}");
        self.app.send(self.app.patch(&path).bearer_auth(&self.token).json(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.app.send(self.app.delete(path).bearer_auth(&self.token)).await
    }
}

async fn a_new_user_sets_the_password_and_no_administrator_does() {
    let app = App::start().await;
    let desk = app.desk().await;
    let wanted =
        json!({"username": "Grace", "name": "Grace H.", "email": "grace@example.com", "role": "supervisor"});
    let added = desk.add(&wanted).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let (id, token) = (added.field("id"), added.field("reset_token"));
    assert_eq!(added.json()["expires_in"], 86_400);
    app.log_in("grace", "").await.is_error(401, "invalid_credentials");
    assert_eq!(app.reset_password(&token, NEW).await.status, 204);
    let grace = app.log_in("grace", NEW).await;
    assert_eq!(app.role_in(&grace.access()).await, Role::Supervisor);

    let read = desk.get(&format!("/admin/users/{id}")).await;
    assert_eq!(
        read.json(),
        json!({
            "id": id, "username": "Grace", "name": "Grace H.", "email": "grace@example.com",
            "role": "SUPERVISOR", "created_at": 1_750_000_000, "disabled_at": null,
            "password_changed_at": 1_750_000_000, "totp": false,
        })
    );
    let audit = app.audit().await;
    assert!(audit.contains(&format!("user_created done {id}")), "{audit:?}");
}

async fn what_cannot_be_a_user_is_refused() {
    let app = App::start().await;
    let desk = app.desk().await;
    let taken = desk.add(&json!({"username": "ADA"})).await;
    taken.is_error(409, "username_taken");
    desk.add(&json!({"username": "x", "id": "id-of-ada"})).await.is_error(409, "id_taken");
    for body in [
        json!({"username": "x", "password": "chosen by an administrator"}),
        json!({"username": ""}),
        json!({"username": "a\u{0}b"}),
        json!({"username": "x", "role": "ROOT"}),
        json!({"username": "x", "role": null}),
        json!({"username": "x", "email": "none"}),
        json!({"username": "x", "name": ""}),
        json!({"username": "x", "id": "consumer:shop"}),
        json!({"username": "x", "id": "a\u{0}b"}),
        json!({"username": "x", "id": "x".repeat(256)}),
        json!({}),
        json!([]),
    ] {
        desk.add(&body).await.is_error(400, "invalid_request");
    }
    let odd = "ä/../%00 ?#";
    assert_eq!(desk.add(&json!({"username": "odd", "id": odd})).await.json()["id"], odd);
    let read = desk.get("/admin/users/%C3%A4%2F..%2F%2500%20%3F%23").await;
    assert_eq!(read.json()["username"], "odd");
}

async fn users_are_listed_a_page_at_a_time() {
    let app = App::start().await;
    let desk = app.desk().await;
    for name in ["b", "c", "d"] {
        assert_eq!(desk.add(&json!({"username": name, "id": name})).await.status, 201);
    }
    let all = desk.get("/admin/users").await.json();
    assert_eq!((all["data"].as_array().unwrap().len(), &all["offset"]), (5, &Value::Null));

    let (mut seen, mut path) = (Vec::new(), "/admin/users?size=2".to_owned());
    loop {
        let page = desk.get(&path).await.json();
        let users = page["data"].as_array().unwrap();
        assert!(users.len() <= 2);
        seen.extend(users.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        if seen.len() == 2 {
            desk.add(&json!({"username": "0", "id": "0"})).await;
        }
        let Some(offset) = page["offset"].as_str() else { break };
        path = format!("/admin/users?size=2&offset={offset}");
    }
    assert_eq!(seen.len(), 5, "what came before the page is not shown");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 5);

    let found = desk.get("/admin/users?username=ADA").await.json();
    assert_eq!(found["data"][0]["id"], "id-of-ada");
    assert_eq!(desk.get("/admin/users?username=nobody").await.json(), json!({"data": [], "offset": null}));
    for odd in [
        "size=0",
        "size=1001",
        "size=x",
        "size=-1",
        "offset=%00",
        "offset=!",
        "offset=AA",
        "username=%00",
        "username=",
        "size=1&size=2",
    ] {
        desk.get(&format!("/admin/users?{odd}")).await.is_error(400, "invalid_request");
    }
}

async fn a_profile_is_changed_where_the_change_names_it() {
    let app = App::start().await;
    let desk = app.desk().await;
    let changed = desk.change("id-of-ada", &json!({"username": "Lovelace", "email": null})).await;
    assert_eq!(changed.status, 200);
    let user = changed.json();
    assert_eq!(
        (&user["username"], &user["email"], &user["name"]),
        (&json!("Lovelace"), &Value::Null, &json!("Ada L."))
    );
    assert_eq!(app.log_in("lovelace", PASSWORD).await.status, 200);
    app.log_in("ada", PASSWORD).await.is_error(401, "invalid_credentials");
    assert_eq!(desk.change("id-of-ada", &json!({"username": "LOVELACE"})).await.status, 200, "its own");
    assert_eq!(desk.change("id-of-ada", &json!({})).await.status, 200);
    desk.change("id-of-ada", &json!({"username": "ROOT"})).await.is_error(409, "username_taken");
    for body in [
        json!({"username": null}),
        json!({"role": null}),
        json!({"disabled": null}),
        json!({"disabled": "yes"}),
        json!({"password": NEW}),
        json!({"name": "a\nb"}),
        json!({"email": "a@b@c"}),
        json!({"username": "a\u{0}b"}),
    ] {
        desk.change("id-of-ada", &body).await.is_error(400, "invalid_request");
    }
    let audit: Vec<_> =
        app.audit().await.into_iter().filter(|line| line.contains("done id-of-ada")).collect();
    let changes =
        ["user_renamed done id-of-ada", "profile_changed done id-of-ada", "user_renamed done id-of-ada"];
    let seen: Vec<_> = audit.iter().filter(|line| changes.contains(&line.as_str())).collect();
    assert_eq!(seen, changes, "{audit:?}");
}

async fn a_new_role_comes_with_the_next_refresh_and_ends_the_old_tokens() {
    let app = App::start().await;
    let desk = app.desk().await;
    app.clock.advance(100);
    let ada = app.ada().await;
    app.clock.advance(10);
    let changed = desk.change("id-of-ada", &json!({"role": "ADMIN"})).await;
    assert_eq!(changed.json()["role"], "ADMIN");
    let program = app.add_program();
    App::is_inactive(&app.introspect(&program, &ada.access()).await);
    // Good again from the second after the last token that says the old role.
    assert_eq!(app.revoked_subjects(), [("id-of-ada".to_owned(), 111)]);
    assert_eq!(app.role_in(&ada.access()).await, Role::User, "until verifiers look it up");
    let refreshed = app.refresh(&ada.refresh()).await;
    assert_eq!(refreshed.status, 200, "the session lives on");
    assert_eq!(app.role_in(&refreshed.access()).await, Role::Admin);

    assert_eq!(desk.change("id-of-ada", &json!({"role": "ADMIN"})).await.status, 200);
    assert_eq!(app.revoked_subjects().len(), 1, "nothing has changed");
    let audit = app.audit().await;
    assert!(audit.contains(&"role_changed done id-of-ada ADMIN".to_owned()), "{audit:?}");
}

async fn the_role_counts_that_the_database_knows_now() {
    let app = App::start().await;
    let desk = app.desk().await;
    app.add_user_as("grace", PASSWORD, Role::Admin).await;
    let grace = app.log_in("grace", PASSWORD).await;
    let listed = app.send(app.get("/admin/users").bearer_auth(grace.access())).await;
    assert_eq!(listed.status, 200);
    assert_eq!(desk.change("id-of-grace", &json!({"role": "SUPERVISOR"})).await.status, 200);
    assert_eq!(app.role_in(&grace.access()).await, Role::Admin, "so the token says");
    let refused = app.send(app.get("/admin/users").bearer_auth(grace.access())).await;
    refused.is_error(403, "forbidden");
    let challenge = r#"Bearer realm="latchkey", error="insufficient_scope""#;
    assert_eq!(refused.header("www-authenticate"), challenge);
}

async fn every_route_is_for_administrators_only() {
    let app = App::start().await;
    let ada = app.ada().await.access();
    let user = "/admin/users/id-of-ada";
    for (method, path) in [
        (Method::GET, "/admin/users".to_owned()),
        (Method::POST, "/admin/users".to_owned()),
        (Method::GET, user.to_owned()),
        (Method::PATCH, user.to_owned()),
        (Method::DELETE, user.to_owned()),
        (Method::DELETE, format!("{user}/totp")),
        (Method::POST, format!("{user}/password-reset")),
        (Method::GET, format!("{user}/sessions")),
        (Method::DELETE, format!("{user}/sessions")),
        (Method::DELETE, format!("{user}/sessions/x")),
    ] {
        let url = format!("http://{}{path}", app.address);
        let request = || reqwest::Client::new().request(method.clone(), &url);
        app.send(request().bearer_auth(&ada)).await.is_error(403, "forbidden");
        app.send(request()).await.is_error(401, "no_token");
    }
}

async fn a_disabled_user_is_out_at_once_also_where_the_registry_is_down() {
    let app = App::start().await;
    let desk = app.desk().await;
    let ada = app.ada().await;
    app.registry.set_down(true);
    let pending = desk.change("id-of-ada", &json!({"disabled": true})).await;
    assert_eq!(pending.status, 202);
    assert_eq!(pending.json()["status"], "pending");
    app.refresh(&ada.refresh()).await.is_error(401, "invalid_grant");
    app.log_in("ada", PASSWORD).await.is_error(401, "invalid_credentials");
    app.registry.set_down(false);
    app.clock.advance(5);
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.sessions().len(), 1);

    let enabled = desk.change("id-of-ada", &json!({"disabled": false})).await;
    assert_eq!(enabled.json()["disabled_at"], Value::Null);
    app.refresh(&ada.refresh()).await.is_error(401, "invalid_grant");
    app.ada().await;
}

async fn a_deleted_user_leaves_nothing_but_the_audit() {
    let app = App::start().await;
    let desk = app.desk().await;
    app.with_totp().await;
    let ada = app.log_in_with("ada", PASSWORD, "x").await;
    ada.is_error(401, "invalid_otp");
    app.offer_reset(&desk.token, "id-of-ada").await;
    let deleted = desk.delete("/admin/users/id-of-ada").await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    assert_eq!(app.registry.sessions().len(), 1, "the session from which the factor came");
    app.log_in("ada", PASSWORD).await.is_error(401, "invalid_credentials");
    desk.get("/admin/users/id-of-ada").await.is_error(404, "not_found");
    desk.delete("/admin/users/id-of-ada").await.is_error(404, "not_found");
    let audit = app.audit().await;
    assert_eq!(audit.last().unwrap(), "login refused nobody unknown_user");
    assert!(audit.contains(&"user_deleted done id-of-ada".to_owned()));

    let again = desk.add(&json!({"username": "ada", "id": "id-of-ada"})).await;
    assert_eq!(app.reset_password(&again.field("reset_token"), NEW).await.status, 204);
    assert_eq!(app.log_in("ada", NEW).await.status, 200, "and is asked for no factor");
}

async fn a_deleted_users_refresh_token_is_worth_nothing() {
    let app = App::start().await;
    let desk = app.desk().await;
    let ada = app.ada().await;
    assert_eq!(desk.delete("/admin/users/id-of-ada").await.status, 204);
    app.refresh(&ada.refresh()).await.is_error(401, "invalid_grant");
    app.me(&ada.access()).await.is_error(401, "invalid_token");
}

async fn the_last_enabled_administrator_stays() {
    let app = App::start().await;
    let desk = app.desk().await;
    app.add_user_as("grace", ADMIN_PASSWORD, Role::Admin).await;
    app.disable("grace").await;
    let root = "id-of-root";
    desk.change(root, &json!({"role": "USER"})).await.is_error(409, "last_admin");
    desk.change(root, &json!({"disabled": true})).await.is_error(409, "last_admin");
    desk.delete("/admin/users/id-of-root").await.is_error(409, "last_admin");
    assert_eq!(desk.change(root, &json!({"role": "ADMIN", "name": "Root"})).await.status, 200);
    assert_eq!(desk.change("id-of-grace", &json!({"role": "USER"})).await.status, 200, "not an enabled one");
    assert_eq!(desk.change("id-of-grace", &json!({"role": "ADMIN", "disabled": false})).await.status, 200);
    assert_eq!(desk.change(root, &json!({"role": "USER"})).await.status, 200);
    desk.change(root, &json!({"role": "ADMIN"})).await.is_error(403, "forbidden");
}

async fn of_two_administrators_who_end_each_other_one_stays() {
    let ends = [Some(json!({"role": "USER"})), Some(json!({"disabled": true})), None];
    for end in ends {
        let app = App::start().await;
        let (root, grace) = (app.administrator("root").await, app.administrator("grace").await);
        let end_by = async |token: &str, id: &str| {
            let path = format!("/admin/users/{id}");
            let request = match &end {
                Some(change) => app.patch(&path).json(change),
                None => app.delete(&path),
            };
            app.send(request.bearer_auth(token)).await.status.as_u16()
        };
        let statuses = tokio::join!(end_by(&root, "id-of-grace"), end_by(&grace, "id-of-root"));
        let left = app.issuer.store.users().await.unwrap();
        let left = left.iter().filter(|user| user.is_administrator()).count();
        assert_eq!(left, 1, "{end:?}: {statuses:?}");
    }
}

async fn administrators_see_and_end_sessions() {
    let app = App::start().await;
    let desk = app.desk().await;
    let (first, second, third) = (app.ada().await, app.ada().await, app.ada().await);
    let sessions = desk.get("/admin/users/id-of-ada/sessions").await.json();
    let sessions = sessions["data"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3);
    assert!(sessions.iter().all(|session| session["current"] == false));
    let sid = app.me(&first.access()).await.field("sid");
    assert_eq!(desk.delete(&format!("/admin/users/id-of-ada/sessions/{sid}")).await.status, 204);
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.registry.sessions(), [(sid.clone(), 3900)]);
    for path in [
        format!("/admin/users/id-of-ada/sessions/{sid}"),
        format!("/admin/users/id-of-root/sessions/{sid}"),
        "/admin/users/id-of-ada/sessions/%00".to_owned(),
        "/admin/users/nobody/sessions".to_owned(),
        "/admin/users/%00/sessions".to_owned(),
    ] {
        desk.delete(&path).await.is_error(404, "not_found");
    }
    desk.get("/admin/users/nobody/sessions").await.is_error(404, "not_found");

    assert_eq!(desk.delete("/admin/users/id-of-ada/sessions").await.status, 204);
    for ended in [second, third] {
        app.refresh(&ended.refresh()).await.is_error(401, "invalid_grant");
    }
    assert_eq!(app.registry.sessions().len(), 3);
    assert_eq!(desk.get("/admin/users/id-of-root").await.status, 200, "of this user only");
    let audit = app.audit().await;
    for event in ["session_ended done id-of-ada", "sessions_ended done id-of-ada"] {
        assert!(audit.contains(&event.to_owned()), "{event}");
    }
}

async fn a_lost_factor_is_removed() {
    let app = App::start().await;
    let desk = app.desk().await;
    desk.delete("/admin/users/id-of-ada/totp").await.is_error(404, "not_found");
    desk.delete("/admin/users/nobody/totp").await.is_error(404, "not_found");
    app.with_totp().await;
    app.log_in("ada", PASSWORD).await.is_error(401, "otp_required");
    assert_eq!(desk.get("/admin/users/id-of-ada").await.json()["totp"], true);
    assert_eq!(desk.delete("/admin/users/id-of-ada/totp").await.status, 204);
    app.ada().await;
    let audit = app.audit().await;
    assert!(audit.contains(&"factor_removed done id-of-ada".to_owned()), "{audit:?}");
}

async fn promotion_to_a_role_that_needs_a_factor_asks_for_one() {
    let settings = [("JWT_SECRET", SECRET), ("TOTP_REQUIRED_ROLES", "SUPERVISOR")];
    let app = App::start_with(&settings).await;
    let desk = app.desk().await;
    let ada = app.ada().await;
    assert_eq!(desk.change("id-of-ada", &json!({"role": "SUPERVISOR"})).await.status, 200);
    app.me(&ada.access()).await.is_error(401, "invalid_token");
    app.refresh(&ada.refresh()).await.is_error(401, "invalid_grant");
    app.log_in("ada", PASSWORD).await.is_error(403, "totp_enrolment_required");
}

async fn a_role_that_changes_during_a_refresh_is_in_no_token_that_stays_good() {
    let app = App::start().await;
    let desk = app.desk().await;
    let ada = app.ada().await;
    let body = json!({"role": "SUPERVISOR"});
    let refresh = ada.refresh();
    let (refreshed, changed) = tokio::join!(app.refresh(&refresh), desk.change("id-of-ada", &body));
    assert_eq!((refreshed.status.as_u16(), changed.status.as_u16()), (200, 200));
    let (_, not_before) = app.revoked_subjects().pop().unwrap();
    assert_eq!(not_before, 1, "no token of this second is good elsewhere, whatever it says");
    app.clock.advance(1);
    let later = app.refresh(&refreshed.refresh()).await;
    assert_eq!(app.role_in(&later.access()).await, Role::Supervisor);
}

on_each_database! {
    a_new_user_sets_the_password_and_no_administrator_does,
    what_cannot_be_a_user_is_refused,
    users_are_listed_a_page_at_a_time,
    a_profile_is_changed_where_the_change_names_it,
    a_new_role_comes_with_the_next_refresh_and_ends_the_old_tokens,
    the_role_counts_that_the_database_knows_now,
    every_route_is_for_administrators_only,
    a_disabled_user_is_out_at_once_also_where_the_registry_is_down,
    a_deleted_user_leaves_nothing_but_the_audit,
    a_deleted_users_refresh_token_is_worth_nothing,
    the_last_enabled_administrator_stays,
    of_two_administrators_who_end_each_other_one_stays,
    administrators_see_and_end_sessions,
    a_lost_factor_is_removed,
    promotion_to_a_role_that_needs_a_factor_asks_for_one,
    a_role_that_changes_during_a_refresh_is_in_no_token_that_stays_good,
}
