//! `issuer client …`.

use serde_json::json;

use super::{app::App, command_line::Machine, database::on_each_database};

fn clients_are_added_listed_and_removed() {
    let machine = Machine::new();
    let shown = machine.run("client add --name gateway", "").done().to_owned();
    let (id, secret) = shown.split_once("\nsecret: ").unwrap();
    let id = id.strip_prefix("id: ").unwrap();
    assert_eq!((id.len(), secret.len()), (36, 43));
    let listed = machine.run("client list --json", "").json();
    assert_eq!(listed, json!([{"id": id, "name": "gateway", "created_at": 1_750_000_000}]));
    assert_eq!(machine.run("client list", "").done(), format!("{id}  gateway"));
    assert_eq!(machine.run(&format!("client remove {id}"), "").done(), format!("removed {id}"));
    let again = machine.run(&format!("client remove {id}"), "");
    again.fails(1, "failed: there is no client of that id");
    assert_eq!(machine.run("client list --json", "").json(), json!([]));
    assert_eq!(machine.run("client add", "").code, 2);
}

async fn the_secret_of_a_client_is_nowhere_but_with_the_client() {
    let lines = super::secrets::Lines::default();
    let _logging = tracing::subscriber::set_default(lines.subscriber());
    let _second = tracing::Dispatch::new(super::secrets::Lines::default().subscriber());
    let app = App::start().await;
    let program = app.add_program();
    app.introspect(&program, "x").await;
    app.revoke(&program, &app.ada().await.refresh()).await;
    let mistyped = super::programs::Program { id: program.id.clone(), secret: "a-mistyped-secret".into() };
    app.introspect(&mistyped, "x").await.is_error(401, "invalid_client");

    let bytes = [app.database.bytes(), lines.text().into_bytes()].concat();
    let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains(&program.id) && contains("refused the credentials of a client"), "looked into both");
    assert!(!contains(&program.secret) && !contains("a-mistyped-secret"));
}

mod sync {
    use super::{clients_are_added_listed_and_removed, on_each_database};

    on_each_database! {
        sync:
        clients_are_added_listed_and_removed,
    }
}

on_each_database! {
    the_secret_of_a_client_is_nowhere_but_with_the_client,
}
