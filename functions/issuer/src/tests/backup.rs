//! `issuer backup`, while the issuer runs.

use std::{os::unix::fs::PermissionsExt, sync::Arc};

use super::{
    app::{App, PASSWORD, SECRET},
    command_line::Machine,
    database::{Kind, TestDatabase, on_each_database},
};

async fn a_backup_under_writes_holds_what_was_acknowledged_before() {
    let app = App::start().await;
    let acknowledged = app.refresh(&app.ada().await.refresh()).await;
    assert_eq!(acknowledged.status, 200);

    let other = TestDatabase::new();
    let file = other.folder.join("issuer.db");
    let machine = Machine::on(Arc::clone(&app.database), app.clock.clone());
    let line = format!("backup {}", file.display());
    let backing_up = tokio::task::spawn_blocking(move || machine.run(&line, ""));
    // At least one write falls before its end: it begins with the first of them.
    let mut token = app.ada().await.refresh();
    while !backing_up.is_finished() {
        token = app.refresh(&token).await.refresh();
    }
    let ended = backing_up.await.unwrap();
    if Kind::current() == Kind::Postgres {
        let told = "failed: there is no backup: the database is PostgreSQL, which has its own tool for this: \
                    pg_dump";
        return ended.fails(1, told);
    }
    assert!(ended.done().starts_with("wrote ") && ended.output.contains("password hashes"));
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    app.stop().await;
    let restored = App::start_in(other, &[("JWT_SECRET", SECRET)]).await;
    assert_eq!(restored.refresh(&acknowledged.refresh()).await.status, 200, "with the issuer's own key");
    assert_eq!(restored.log_in("ada", PASSWORD).await.status, 200);
}

fn a_backup_replaces_nothing_and_leaves_no_half_copy() {
    if Kind::current() == Kind::Postgres {
        return;
    }
    let machine = Machine::new();
    let file = machine.database.folder.join("copy.db");
    std::fs::write(&file, "something dear").unwrap();
    let ended = machine.run(&format!("backup {}", file.display()), "");
    ended.fails(1, "failed: there is no backup: there is a file of that name already");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "something dear");

    let nowhere = machine.run("backup /nowhere/copy.db", "");
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.errors.contains("could not be written"), "{}", nowhere.errors);
}

fn a_shell_completes_every_command() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = machine.run(&format!("completions {shell}"), "");
        for word in ["issuer", "serve", "revoke", "lifetime-seconds"] {
            assert!(script.done().contains(word), "{shell} {word}");
        }
    }
    assert_eq!(machine.run("completions bash --json", "").json()["shell"], "bash");
    assert_eq!(machine.run("completions tcsh", "").code, 2);
}

mod sync {
    use super::{
        a_backup_replaces_nothing_and_leaves_no_half_copy, a_shell_completes_every_command, on_each_database,
    };

    on_each_database! {
        sync:
        a_backup_replaces_nothing_and_leaves_no_half_copy,
        a_shell_completes_every_command,
    }
}

on_each_database! {
    a_backup_under_writes_holds_what_was_acknowledged_before,
}
