//! Revoking tokens (RFC 7009), over HTTP and on the command line.

use registry::{Registry, Revocation, Standing};
use serde_json::json;
use token::{Principal, Role};

use super::{
    app::{Answer, App, PASSWORD},
    command_line::Machine,
    database::on_each_database,
    programs::{SHARED, claims, form, signed},
    table::{Endpoint, TABLE, Table},
};

#[track_caller]
fn is_done(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"status":"done"}"#));
    assert_eq!(answer.header("cache-control"), "no-store");
}

impl App {
    async fn revoke_as(&self, bearer: &str, token: &str) -> Answer {
        let request = self.post("/revoke").bearer_auth(bearer);
        self.send(form(request, &[("token", token)])).await
    }
}

async fn a_token_of_a_session_ends_the_session() {
    let app = App::start().await;
    let program = app.add_program();
    let (by_access, by_refresh, other) = (app.ada().await, app.ada().await, app.ada().await);
    is_done(&app.revoke(&program, &by_refresh.refresh()).await);
    is_done(&app.revoke(&program, &by_access.access()).await);
    for ended in [&by_refresh, &by_access] {
        app.me(&ended.access()).await.is_error(401, "invalid_token");
        app.refresh(&ended.refresh()).await.is_error(401, "invalid_grant");
    }
    assert_eq!(app.me(&other.access()).await.status, 200);
    assert_eq!(app.registry.sessions().len(), 2);

    is_done(&app.revoke(&program, &by_access.access()).await);
    is_done(&app.revoke(&program, &by_refresh.refresh()).await);
    assert_eq!(app.registry.sessions().len(), 2, "there was nothing left to revoke");
    let audit = app.audit().await;
    let revoked = audit.iter().filter(|line| *line == "token_revoked done id-of-ada");
    assert_eq!(revoked.count(), 2, "{audit:?}");
}

async fn a_spent_refresh_token_ends_its_session_too() {
    let app = App::start().await;
    let program = app.add_program();
    let first = app.ada().await;
    let second = app.refresh(&first.refresh()).await;
    is_done(&app.revoke(&program, &first.refresh()).await);
    app.refresh(&second.refresh()).await.is_error(401, "invalid_grant");
}

async fn a_token_without_a_session_is_revoked_by_its_id() {
    let app = App::start().await;
    let program = app.add_program();
    let token = app.minted("robot", "jti-1").await;
    is_done(&app.revoke(&program, &token).await);
    // Until it has expired for the most lenient verifier.
    let expected = (Revocation::Token { jti: "jti-1".into() }, app.issuer.now().plus(600 + 300));
    assert_eq!(*app.registry.revoked.lock().unwrap(), [expected]);
    assert_eq!(app.audit().await.last().unwrap(), "token_revoked done robot");

    let now = app.issuer.now().as_unix_secs();
    let nameless = signed(&claims(now), SHARED);
    app.revoke(&program, &nameless).await.is_error(400, "unsupported_token_type");
}

async fn what_the_registry_has_not_confirmed_is_pending() {
    let app = App::start().await;
    let program = app.add_program();
    let ada = app.ada().await;
    let minted = app.minted("robot", "jti-1").await;
    app.registry.set_down(true);
    for token in [&ada.refresh(), &minted] {
        let answer = app.revoke(&program, token).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"status": "pending"})));
    }
    app.refresh(&ada.refresh()).await.is_error(401, "invalid_grant");
    app.registry.set_down(false);
    app.clock.advance(65);
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.revoked.lock().unwrap().len(), 2);
}

async fn nobody_is_told_whether_there_was_such_a_token() {
    let app = App::start().await;
    let program = app.add_program();
    let expired = app.minted("robot", "jti-1").await;
    let ada = app.ada().await;
    app.clock.advance(1830);
    for token in ["x", "a.b.c", &expired, &ada.access(), &"x".repeat(60_000)] {
        is_done(&app.revoke(&program, token).await);
        is_done(&app.revoke_as(&app.ada().await.access(), token).await);
    }
    assert!(app.registry.revoked.lock().unwrap().is_empty());
}

async fn users_revoke_their_own_and_administrators_any() {
    let app = App::start().await;
    app.add_user("grace", PASSWORD).await;
    app.add_user_as("root", PASSWORD, Role::Admin).await;
    let (ada, grace) = (app.ada().await, app.log_in("grace", PASSWORD).await);
    let root = app.log_in("root", PASSWORD).await;
    let minted = app.minted("id-of-ada", "jti-1").await;

    for token in [ada.access(), ada.refresh(), minted.clone()] {
        app.revoke_as(&grace.access(), &token).await.is_error(403, "forbidden");
    }
    assert_eq!(app.me(&ada.access()).await.status, 200);
    is_done(&app.revoke_as(&ada.access(), &minted).await);
    is_done(&app.revoke_as(&ada.access(), &ada.access()).await);
    app.revoke_as(&ada.access(), "x").await.is_error(401, "invalid_token");
    is_done(&app.revoke_as(&root.access(), &grace.refresh()).await);
    app.me(&grace.access()).await.is_error(401, "invalid_token");
}

async fn without_a_database_nothing_is_said_to_be_revoked() {
    let app = App::start().await;
    let program = app.add_program();
    let ada = app.ada().await;
    app.issuer.store.close().await;
    app.revoke(&program, &ada.refresh()).await.is_error(503, "database_unavailable");
}

fn what_is_revoked_by_name_is_told_to_the_registry() {
    let mut table = Table::start();
    let mut machine = Machine::new();
    machine.set("AUTH_TABLE", TABLE);
    machine.aws = Some(table.endpoint.clone());
    let now = machine.clock.moment();
    let standing = |sub: &str, jti: &str, sid: &str| {
        let context = json!({"sub": sub, "jti": jti, "sid": sid, "role": "USER", "exp": "1750000600",
            "caller": "user"});
        let principal = Principal::from_context(context.as_object().unwrap()).unwrap();
        let registry = Registry::new(&machine.aws.as_ref().map(Endpoint::aws).unwrap(), TABLE.into(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(registry.check(&principal, now))
    };
    assert_eq!(standing("u", "j", "s").unwrap(), Standing::Good);
    for (line, revoked) in [
        ("revoke token j1", ("u", "j1", "s")),
        ("revoke session s1", ("u", "j", "s1")),
        ("revoke subject u1", ("u1", "j", "s")),
    ] {
        let ended = machine.run(line, "");
        assert!(ended.done().ends_with("; verifiers know"), "{}", ended.output);
        let (sub, jti, sid) = revoked;
        assert_eq!(standing(sub, jti, sid).unwrap(), Standing::Revoked, "{line}");
    }
    assert_eq!(machine.run("revoke credential shop-key --json", "").json()["status"], "done");

    table.stop();
    let pending = machine.run("revoke token j2 --json", "").json();
    assert_eq!(pending, json!({"revoked": "token", "value": "j2", "status": "pending"}));
    machine.settings.retain(|(name, _)| *name != "AUTH_TABLE");
    assert_eq!(machine.run("revoke token j3 --json", "").json()["status"], "no_registry");
}

fn what_cannot_be_revoked_is_said_to_be_so() {
    let machine = Machine::new();
    let token = machine.run("token mint --sub 123456", "").done().to_owned();
    let ended = machine.run(&format!("revoke token {token}"), "");
    assert_eq!(ended.code, 1);
    assert!(ended.errors.contains("not like its id") && !ended.errors.contains(&token), "{}", ended.errors);
    let long = machine.run(&format!("revoke subject {}", "x".repeat(256)), "");
    long.fails(1, "failed: an id has 1 to 255 bytes and no control character");
}

async fn a_command_ends_sessions_in_the_database_as_well() {
    let app = App::start().await;
    let (first, second) = (app.ada().await, app.ada().await);
    let sid = app.send(app.get("/me").bearer_auth(first.access())).await.field("sid");
    app.command(&format!("revoke session {sid}")).done();
    app.refresh(&first.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.me(&second.access()).await.status, 200);
    app.command("revoke subject id-of-ada").done();
    app.refresh(&second.refresh()).await.is_error(401, "invalid_grant");
    // The server tells the registry what the commands could not.
    app.issuer.deliver_due().await.unwrap();
    assert_eq!(app.registry.revoked.lock().unwrap().len(), 3);
    let audit = app.audit().await;
    for done in [format!("session_ended done {sid}"), "subject_revoked done id-of-ada".to_owned()] {
        assert!(audit.contains(&done), "{done} is not in {audit:?}");
    }
}

mod sync {
    use super::{
        on_each_database, what_cannot_be_revoked_is_said_to_be_so,
        what_is_revoked_by_name_is_told_to_the_registry,
    };

    on_each_database! {
        sync:
        what_is_revoked_by_name_is_told_to_the_registry,
        what_cannot_be_revoked_is_said_to_be_so,
    }
}

on_each_database! {
    a_token_of_a_session_ends_the_session,
    a_spent_refresh_token_ends_its_session_too,
    a_token_without_a_session_is_revoked_by_its_id,
    what_the_registry_has_not_confirmed_is_pending,
    nobody_is_told_whether_there_was_such_a_token,
    users_revoke_their_own_and_administrators_any,
    without_a_database_nothing_is_said_to_be_revoked,
    a_command_ends_sessions_in_the_database_as_well,
}
