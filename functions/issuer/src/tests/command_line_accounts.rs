//! Accounts at the command line, and a server beside it on the same database.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    app::{App, PASSWORD, SECRET},
    command_line::Machine,
    database::on_each_database,
};

const NEW: &str = "a new password, long enough";

/// Does what a server does that runs beside the commands.
fn with_server<R>(machine: &Machine, work: impl AsyncFnOnce(&App) -> R) -> R {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let server = [("JWT_SECRET", SECRET), ("AUTH_TABLE", "revocations")];
        let app = App::start_in(Arc::clone(&machine.database), &server).await;
        app.clock.advance(machine.clock.moment().monotonic.as_secs());
        let result = work(&app).await;
        app.stop().await;
        result
    })
}

fn the_first_administrator_is_made_once() {
    let machine = Machine::new();
    let made = machine.run("setup --username Root --json", "").json();
    assert_eq!((made["username"].as_str(), made["role"].as_str()), (Some("Root"), Some("ADMIN")));
    assert_eq!(made["expires_in"], 86_400);
    let again = machine.run("setup --username other --password-stdin", PASSWORD);
    again.fails(1, "failed: there is an administrator already; that one adds others");
    machine.run("user disable root", "").done();
    assert_eq!(machine.run("setup --username other", "").code, 1, "a disabled one is one");

    machine.run("user enable root", "").done();
    let token = made["reset_token"].as_str().unwrap().to_owned();
    with_server(&machine, async |app| {
        assert_eq!(app.reset_password(&token, NEW).await.status, 204);
        let root = app.log_in("root", NEW).await;
        let listed = app.send(app.get("/admin/users").bearer_auth(root.access())).await;
        assert_eq!(listed.json()["data"].as_array().unwrap().len(), 1);
    });
    machine.run("user delete root", "").done();
    let anew = machine.run("setup --username root --password-stdin --sub 1", PASSWORD);
    assert_eq!(anew.done(), "1");
    with_server(&machine, async |app| {
        assert_eq!(app.log_in("root", PASSWORD).await.status, 200);
    });
}

fn of_two_setups_at_once_one_makes_an_administrator() {
    let machine = Machine::new();
    machine.run("migrate", "").done();
    let setup = |name: &str| machine.run(&format!("setup --username {name}"), "").code;
    let codes = std::thread::scope(|scope| {
        let kind = super::database::Kind::current();
        let other = scope.spawn(move || kind.run_sync_with(|| setup("two")));
        [setup("one"), other.join().unwrap()]
    });
    let mut sorted = codes;
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 1]);
    assert_eq!(machine.run("user list --json", "").json().as_array().unwrap().len(), 1);
}

fn a_user_without_a_password_gets_a_token() {
    let machine = Machine::new();
    let added = machine.run("user add --username ada --role USER --sub 7", "");
    let mut lines = added.done().lines();
    assert_eq!(lines.next(), Some("7"));
    let token = lines.next().unwrap().rsplit_once(' ').unwrap().1.to_owned();
    let other = machine.run("user password-reset ada --json", "").json();
    let other = other["reset_token"].as_str().unwrap().to_owned();
    with_server(&machine, async |app| {
        app.log_in("ada", "").await.is_error(401, "invalid_credentials");
        app.reset_password(&token, NEW).await.is_error(401, "invalid_reset_token");
        assert_eq!(app.reset_password(&other, NEW).await.status, 204);
        assert_eq!(app.log_in("ada", NEW).await.status, 200);
    });
}

fn what_ends_at_the_command_line_reaches_the_registry_through_the_server() {
    for (command, expected) in [
        ("user disable ada", "disabled ada"),
        ("user delete 7", "deleted ada"),
        ("user end-sessions ADA", "ended 1 sessions of ada"),
    ] {
        let machine = Machine::new();
        machine.run("user add --username ada --role USER --sub 7 --password-stdin", PASSWORD).done();
        let login = with_server(&machine, async |app| app.log_in("ada", PASSWORD).await);
        assert_eq!(login.status, 200);
        assert_eq!(machine.run(command, "").done(), expected);
        let sessions = with_server(&machine, async |app| {
            app.refresh(&login.refresh()).await.is_error(401, "invalid_grant");
            app.issuer.deliver_due().await.unwrap();
            app.registry.sessions()
        });
        assert_eq!(sessions.len(), 1, "{command}");
    }
}

fn a_user_is_shown_and_gets_another_role() {
    let machine = Machine::new();
    machine.run("user add --username ada --email a@b --role USER --sub 7 --password-stdin", PASSWORD).done();
    let shown = machine.run("user show ADA", "");
    assert!(
        shown.done().contains("role: USER\ncreated: 2025-06-15T15:06:40Z\ndisabled: -"),
        "{}",
        shown.output
    );
    let changed = machine.run("user role ada supervisor", "");
    assert_eq!(changed.done(), "SUPERVISOR is now the role of ada");
    let shown = machine.run("user show 7 --json", "").json();
    assert_eq!((&shown["role"], &shown["totp"]), (&json!("SUPERVISOR"), &json!(false)));
    assert_eq!(machine.run("user role ada root", "").code, 2);
    machine.run("user totp-reset ada", "").fails(1, "failed: the user has no second factor");
    machine.run("user show nobody", "").fails(1, "failed: there is no user of that name or id");
}

fn a_lost_factor_is_removed() {
    let machine = Machine::new();
    with_server(&machine, async |app| {
        app.add_user("ada", PASSWORD).await;
        app.with_totp().await;
        app.log_in("ada", PASSWORD).await.is_error(401, "otp_required");
    });
    let removed = machine.run("user totp-reset ada", "");
    assert_eq!(removed.done(), "removed the second factor of ada");
    with_server(&machine, async |app| {
        app.ada().await;
    });
}

fn sessions_are_listed_and_ended() {
    let machine = Machine::new();
    machine.run("user add --username ada --role USER --sub 7 --password-stdin", PASSWORD).done();
    let login = with_server(&machine, async |app| app.log_in("ada", PASSWORD).await);
    let listed = machine.run("session list --user ada --json", "").json();
    let sid = listed[0]["sid"].as_str().unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["user_id"]), (1, &json!("7")));
    let line = machine.run("session list --user 7", "");
    assert!(line.done().starts_with(&format!("{sid}  begun 2025-06-15T15:06:40Z")), "{}", line.output);
    assert_eq!(machine.run(&format!("session end {sid}"), "").done(), "ended a session of ada");
    machine.run(&format!("session end {sid}"), "").fails(1, "failed: the session has ended already");
    machine.run("session end unknown", "").fails(1, "failed: there is no such session");
    assert_eq!(machine.run("session list --user ada --json", "").json(), json!([]));
    with_server(&machine, async |app| {
        app.refresh(&login.refresh()).await.is_error(401, "invalid_grant");
    });
}

fn the_audit_is_read_back() {
    let machine = Machine::new();
    machine.run("user add --username ada --role USER --sub 7 --password-stdin", PASSWORD).done();
    machine.run("user add --username eve --role USER --sub 8 --password-stdin", PASSWORD).done();
    machine.clock.advance(60);
    machine.run("user role ada ADMIN", "").done();
    machine.run("user delete ada", "").done();

    let actions = |line: &str| -> Vec<String> {
        let listed = machine.run(&format!("audit list {line} --json"), "").json();
        let action = |event: &Value| event["action"].as_str().unwrap().to_owned();
        listed.as_array().unwrap().iter().map(action).collect()
    };
    assert_eq!(actions(""), ["user_deleted", "role_changed", "user_created", "user_created"]);
    assert_eq!(actions("--user 7"), ["user_deleted", "role_changed", "user_created"], "of one who is gone");
    assert_eq!(actions("--user EVE"), ["user_created"]);
    assert_eq!(actions("--since 1750000060"), ["user_deleted", "role_changed"]);
    assert_eq!(actions("--since 2025-06-15T15:07:40Z --limit 1"), ["user_deleted"]);
    let lines = machine.run("audit list --limit 2", "");
    assert_eq!(
        lines.done().lines().nth(1).unwrap(),
        "2025-06-15T15:07:40Z  role_changed  done  ADMIN  by command_line  to 7  session -  from -  request -"
    );
    assert_eq!(machine.run("audit list --since yesterday", "").code, 2);
    assert_eq!(machine.run("audit list --limit 0", "").code, 2);
}

on_each_database! {
    sync:
    the_first_administrator_is_made_once,
    of_two_setups_at_once_one_makes_an_administrator,
    a_user_without_a_password_gets_a_token,
    what_ends_at_the_command_line_reaches_the_registry_through_the_server,
    a_user_is_shown_and_gets_another_role,
    a_lost_factor_is_removed,
    sessions_are_listed_and_ended,
    the_audit_is_read_back,
}
