//! Users who come from elsewhere, with the hashes of their passwords.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::{Value, json};

use super::{
    app::{App, SECRET},
    command_line::{Ended, Machine},
    database::on_each_database,
};
use crate::{password_hash::StoredHash, user::Username};

/// Of which the hashes below are.
const PASSWORD: &str = "p\u{e4}ssw\u{f6}rd of before";

impl Machine {
    /// Runs a command beside a server.
    fn run_beside(&self, line: &str, input: &str) -> Ended {
        // A command has a runtime of its own.
        std::thread::scope(|scope| scope.spawn(|| self.run(line, input)).join().unwrap())
    }

    fn import(&self, users: &[Value]) -> Ended {
        let lines: Vec<_> = users.iter().map(Value::to_string).collect();
        self.run_beside("user import -", &lines.join("\n"))
    }

    async fn server(&self) -> App {
        App::start_in(Arc::clone(&self.database), &[("JWT_SECRET", SECRET)]).await
    }
}

impl App {
    async fn stored_hash(&self, username: &str) -> StoredHash {
        let username = Username::parse(username).unwrap();
        self.issuer.store.credentials(&username).await.unwrap().unwrap().hash
    }

    async fn disable_by_name(&self, name: &str) {
        let username = Username::parse(name).unwrap();
        let id = self.issuer.store.credentials(&username).await.unwrap().unwrap().user.id;
        self.disable_id(&id).await;
    }
}

fn argon2(algorithm: Algorithm) -> String {
    let params = Params::new(64, 3, 2, None).unwrap();
    let argon2 = Argon2::new(algorithm, Version::V0x13, params);
    argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef").unwrap().to_string()
}

fn bcrypt(version: &str) -> String {
    let salt = *b"0123456789abcdef";
    let key = [PASSWORD.as_bytes(), b"\0"].concat();
    let alphabet = base64::engine::GeneralPurpose::new(
        &base64::alphabet::BCRYPT,
        base64::engine::general_purpose::NO_PAD,
    );
    let encode = |bytes: &[u8]| base64::Engine::encode(&alphabet, bytes);
    let output = bcrypt::bcrypt(4, salt, &key);
    format!("${version}$04${}{}", encode(&salt), encode(&output[..23]))
}

fn django() -> String {
    let mut output = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(PASSWORD.as_bytes(), b"seasalt", 1000, &mut output);
    format!(
        "pbkdf2_sha256$1000$seasalt${}",
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, output)
    )
}

fn phc() -> String {
    let mut output = [0; 64];
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(PASSWORD.as_bytes(), b"0123456789abcdef", 1000, &mut output);
    let encode = |bytes: &[u8]| base64::Engine::encode(&base64::prelude::BASE64_STANDARD_NO_PAD, bytes);
    format!("$pbkdf2-sha512$i=1000,l=64${}${}", encode(b"0123456789abcdef"), encode(&output))
}

fn user(name: &str, hash: &str) -> Value {
    json!({"username": name, "password_hash": hash})
}

async fn whoever_had_a_password_elsewhere_has_it_here() {
    let machine = Machine::new();
    let hashes = [
        ("i", argon2(Algorithm::Argon2i)),
        ("d", argon2(Algorithm::Argon2d)),
        ("id", argon2(Algorithm::Argon2id)),
        ("a", bcrypt("2a")),
        ("b", bcrypt("2b")),
        ("y", bcrypt("2y")),
        ("phc", phc()),
        ("django", django()),
    ];
    let users: Vec<_> = hashes.iter().map(|(name, hash)| user(name, hash)).collect();
    assert_eq!(machine.import(&users).done(), "added 8, unchanged 0, refused 0");

    let app = machine.server().await;
    for (name, hash) in &hashes {
        app.log_in(name, "not the password").await.is_error(401, "invalid_credentials");
        assert_eq!(app.stored_hash(name).await.as_str(), hash, "only a login renews it");
        assert_eq!(app.log_in(name, PASSWORD).await.status, 200, "{name}");
        let renewed = app.stored_hash(name).await;
        assert!(renewed.as_str().starts_with(&StoredHash::todays_prefix()), "{name}");
        assert_eq!(app.log_in(name, PASSWORD).await.status, 200, "{name}");
        app.log_in(name, "not the password").await.is_error(401, "invalid_credentials");
    }
}

async fn who_was_disabled_elsewhere_is_disabled_here() {
    let machine = Machine::new();
    let mut ada = user("ada", &bcrypt("2b"));
    ada["disabled"] = json!(true);
    machine.import(&[ada]).done();
    let app = machine.server().await;
    app.log_in("ada", PASSWORD).await.is_error(401, "invalid_credentials");
    assert_eq!(app.stored_hash("ada").await.as_str(), bcrypt("2b"), "nor is the hash renewed");
}

async fn the_same_file_again_changes_nothing() {
    let machine = Machine::new();
    let name = |number| user(&format!("user-{number}"), &bcrypt("2b"));
    let users: Vec<_> = (0..450).map(name).collect();
    assert_eq!(machine.import(&users[..300]).done(), "added 300, unchanged 0, refused 0");
    assert_eq!(machine.import(&users).done(), "added 150, unchanged 300, refused 0");

    let app = machine.server().await;
    assert_eq!(app.log_in("user-7", PASSWORD).await.status, 200);
    app.disable_by_name("user-8").await;
    let before = machine.run_beside("user list --json", "").json();
    assert_eq!(machine.import(&users).done(), "added 0, unchanged 450, refused 0");
    assert_eq!(machine.run_beside("user list --json", "").json(), before);
    assert!(app.stored_hash("user-7").await.as_str().starts_with("$argon2id$"));
    let audit = app.audit().await;
    assert_eq!(audit.iter().filter(|event| event.ends_with("imported")).count(), 450);
}

fn bad_lines_are_named_by_their_numbers_and_good_ones_imported() {
    let machine = Machine::new();
    let hash = bcrypt("2b");
    let costly = hash.replace("$04$", "$15$");
    let lines = [
        user("Ada", &hash).to_string(),
        String::new(),
        "{\"username\": \"cut off\", \"password_hash\": \"$2b$04$".to_owned(),
        user("costly", &costly).to_string(),
        user("unknown", "5f4dcc3b5aa765d61d8327deb882cf99").to_string(),
        user("ADA", &hash).to_string(),
        json!({"username": "grace", "password_hash": hash, "role": "root"}).to_string(),
        json!({"username": "eve", "password_hash": hash, "id": "1"}).to_string(),
        json!({"username": "mallory", "password_hash": hash, "id": "1"}).to_string(),
        user("long", &"x".repeat(70_000)).to_string(),
        user("bob", &hash).to_string(),
    ];
    let ended = machine.run("user import -", &lines.join("\r\n"));
    assert_eq!((ended.code, ended.output.as_str()), (1, "added 3, unchanged 0, refused 7\n"));
    let mut said: Vec<_> = ended.errors.lines().collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "failed: 7 lines were refused",
            "line 10: it is longer than any user can be",
            "line 3: it is not JSON",
            "line 4: the bcrypt hash asks for a cost above 14",
            "line 5: the password hash is of no kind that is known here: argon2, bcrypt or PBKDF2",
            "line 6: there is a user of that name already, spelt differently or with another id",
            "line 7: a role is ADMIN, SUPERVISOR or USER",
            "line 9: there is a user of that id already, with another name",
        ]
    );
    for secret in ["$2b$", "5f4dcc3b"] {
        assert!(!ended.errors.contains(secret) && !ended.output.contains(secret), "{secret}");
    }
    let users = machine.run("user list --json", "").json();
    let names: Vec<_> = users.as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["Ada", "bob", "eve"]);
}

fn no_imported_hash_can_exhaust_the_machine() {
    let machine = Machine::new();
    let output = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    for costly in [
        format!("$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHQ${output}"),
        format!("$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ${output}"),
        format!("$argon2i$v=19$m=1024,t=11,p=1$c29tZXNhbHQ${output}"),
        bcrypt("2b").replace("$04$", "$31$"),
        django().replace("$1000$", "$2000001$"),
        phc().replace("i=1000", "i=4294967296"),
    ] {
        let ended = machine.run("user import -", &user("ada", &costly).to_string());
        assert_eq!(ended.code, 1, "{costly}");
        assert!(ended.errors.contains(" asks for "), "{}", ended.errors);
    }
}

fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let machine = Machine::new();
    machine.run("user import -", &user("ada", &bcrypt("2b")).to_string()).done();
    let lines = [user("ada", &bcrypt("2b")), user("bob", &phc()), user("eve", "x")];
    let file = machine.database.folder.join("users.jsonl");
    std::fs::write(&file, lines.map(|line| line.to_string()).join("\n")).unwrap();
    let ended = machine.run(&format!("user import --dry-run --json {}", file.display()), "");
    assert_eq!(ended.code, 1);
    let reason = "the password hash is of no kind that is known here: argon2, bcrypt or PBKDF2";
    assert_eq!(
        serde_json::from_str::<Value>(&ended.output).unwrap(),
        json!({
            "added": 1, "unchanged": 1, "refused": 1, "refusals": [{"line": 3, "reason": reason}],
            "dry_run": true,
        })
    );
    let trial = machine.run(&format!("user import --dry-run {}", file.display()), "");
    assert_eq!(trial.output, "nothing was done; it would be: added 1, unchanged 1, refused 1\n");
    assert_eq!(machine.run("user list", "").done().lines().count(), 1);
    machine
        .run("user import /nowhere", "")
        .fails(1, "failed: could not open the file: No such file or directory (os error 2)");
}

async fn who_is_unknown_costs_what_others_cost() {
    let machine = Machine::new();
    let elsewhere: Vec<_> = (0..30).map(|number| user(&format!("b-{number}"), &bcrypt("2b"))).collect();
    machine.import(&elsewhere).done();
    let app = machine.server().await;
    app.add_user("ada", PASSWORD).await;
    let kinds = |app: &App| {
        let decoy = |number| app.issuer.decoys.decoy(&Username::parse(&format!("nobody-{number}")).unwrap());
        let decoys: Vec<_> = (0..400).map(decoy).collect();
        let count = |prefix: &str| decoys.iter().filter(|decoy| decoy.as_str().starts_with(prefix)).count();
        (count("$2b$04$"), count("$argon2id$v=19$m=19456,t=2,p=1$"))
    };
    assert_eq!(kinds(&app), (400, 0), "whoever was there at the start");
    app.issuer.sweep().await.unwrap();
    let (bcrypt, argon2) = kinds(&app);
    assert!(bcrypt > 300 && argon2 > 0 && bcrypt + argon2 == 400, "{bcrypt} of 400");
    assert_eq!(kinds(&app), (bcrypt, argon2), "the same each time");
    for number in 0..3 {
        app.log_in(&format!("nobody-{number}"), PASSWORD).await.is_error(401, "invalid_credentials");
    }

    for number in 0..30 {
        assert_eq!(app.log_in(&format!("b-{number}"), PASSWORD).await.status, 200);
    }
    app.issuer.sweep().await.unwrap();
    assert_eq!(kinds(&app), (0, 400), "nobody has the old kind any more");
}

mod asynchronous {
    use super::*;

    on_each_database! {
        whoever_had_a_password_elsewhere_has_it_here,
        who_was_disabled_elsewhere_is_disabled_here,
        the_same_file_again_changes_nothing,
        who_is_unknown_costs_what_others_cost,
    }
}

on_each_database! {
    sync:
    bad_lines_are_named_by_their_numbers_and_good_ones_imported,
    no_imported_hash_can_exhaust_the_machine,
    a_dry_run_says_what_would_be_done_and_does_nothing,
}
