//! The command line.

use std::sync::Arc;

use serde_json::{Value, json};
use token::Timestamp;

use super::{
    app::{PASSWORD, SECRET, TestClock},
    database::{TestDatabase, on_each_database},
    table::Endpoint,
};
use crate::{
    cli::{Terminals, World, run_with},
    store::{DatabaseUrl, Store},
};

pub(super) struct Machine {
    pub(super) database: Arc<TestDatabase>,
    pub(super) clock: TestClock,
    pub(super) settings: Vec<(&'static str, String)>,
    pub(super) terminals: Terminals,
    /// Where AWS is for the commands.
    pub(super) aws: Option<Endpoint>,
}

pub(super) struct Ended {
    pub(super) code: u8,
    pub(super) output: String,
    pub(super) errors: String,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self::on(Arc::new(TestDatabase::new()), TestClock::default())
    }

    /// A machine with a database that others use as well.
    pub(super) fn on(database: Arc<TestDatabase>, clock: TestClock) -> Self {
        let settings = vec![
            ("DATABASE_URL", database.url()),
            ("JWT_SECRET", SECRET.to_owned()),
            ("JWT_ISSUER", "https://auth.example.com".to_owned()),
            ("JWT_AUDIENCE", "chatbot".to_owned()),
        ];
        Self { database, clock, settings, terminals: Terminals::default(), aws: None }
    }

    pub(super) fn run(&self, line: &str, input: &str) -> Ended {
        let arguments = ["issuer"].into_iter().chain(line.split_whitespace());
        let environment = |name: &str| {
            let found = self.settings.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone())
        };
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let world = World {
            environment: &environment,
            clock: self.clock.as_clock(),
            input: &mut input.as_bytes(),
            output: &mut output,
            errors: &mut errors,
            terminals: self.terminals,
            aws: self.aws.as_ref().map(Endpoint::aws),
        };
        let code = run_with(arguments.map(Into::into), world);
        Ended { code, output: String::from_utf8(output).unwrap(), errors: String::from_utf8(errors).unwrap() }
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.settings.retain(|(key, _)| *key != name);
        self.settings.push((name, value.to_owned()));
    }
}

impl Machine {
    /// Actions, subjects and reasons of the audit, the latest first.
    pub(super) fn audit(&self) -> Vec<(String, Option<String>, Option<String>)> {
        let url = self.settings.iter().find(|(name, _)| *name == "DATABASE_URL").unwrap().1.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
            let events = store.events(None, Timestamp::from_unix_secs(0), 10_000).await.unwrap();
            store.close().await;
            events.into_iter().map(|event| (event.action, event.subject, event.reason)).collect()
        })
    }
}

impl Ended {
    #[track_caller]
    pub(super) fn done(&self) -> &str {
        assert_eq!((self.code, self.errors.as_str()), (0, ""));
        self.output.trim_end()
    }

    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.done()).unwrap()
    }

    #[track_caller]
    pub(super) fn fails(&self, code: u8, errors: &str) {
        assert_eq!((self.code, self.errors.trim_end()), (code, errors));
        assert_eq!(self.output, "");
    }
}

const ADD_ADA: &str = "user add --username Ada --email ada@example.com --role admin --password-stdin";

fn users_are_added_listed_disabled_and_enabled() {
    let machine = Machine::new();
    assert_eq!(machine.run("migrate", "").done(), "the database is up to date");
    let id = machine.run(ADD_ADA, &format!("{PASSWORD}\n")).done().to_owned();
    assert_eq!(id.len(), 36);
    let grace = "user add --username grace --role USER --sub 7 --password-stdin --json";
    assert_eq!(machine.run(grace, PASSWORD).json()["id"], "7");

    let disabled = machine.run("user disable ADA --json", "").json();
    assert_eq!(disabled["disabled_at"], 1_750_000_000);
    let users = machine.run("user list --json", "").json();
    assert_eq!(users[0]["username"], "Ada");
    assert_eq!(users[0]["id"], id.as_str());
    assert_eq!(users[0]["role"], "ADMIN");
    assert_eq!(users[1]["disabled_at"], Value::Null);
    let enabled = machine.run(&format!("user enable {id} --json"), "").json();
    assert_eq!(enabled["disabled_at"], Value::Null);
    let changed = machine.run("user passwd ada --password-stdin", "another long one\r\n");
    assert_eq!(changed.done(), "changed the password of Ada");
    let list = machine.run("user list", "");
    assert_eq!(list.done().lines().count(), 2);
    assert!(!machine.database.bytes().is_empty());
}

fn what_cannot_be_a_user_is_refused_with_the_reason() {
    let machine = Machine::new();
    machine.run(ADD_ADA, PASSWORD).done();
    let again = machine.run(&ADD_ADA.replace("Ada", "aDA"), PASSWORD);
    again.fails(1, "failed: there is a user of that name already");
    let grace = "user add --username grace --role USER --sub 7 --password-stdin";
    machine.run(grace, "password123").fails(1, "failed: this password is among the first that are guessed");
    machine
        .run(grace, "short")
        .fails(1, "failed: a password has at least 8 characters; 15 or more are advised");
    machine.run(grace, &"x".repeat(2000)).fails(1, "failed: a password has at most 1024 bytes");
    machine.run(grace, PASSWORD).done();
    let same_id = grace.replace("grace", "other");
    machine.run(&same_id, PASSWORD).fails(1, "failed: there is a user of that id already");
    let nobody = machine.run("user disable nobody", "");
    nobody.fails(1, "failed: there is no user of that name or id");
    let consumer = grace.replace("--sub 7", "--sub consumer:shop");
    assert_eq!(machine.run(&consumer, PASSWORD).code, 1);
    assert_eq!(machine.run("user passwd grace", "").code, 2);
    assert_eq!(machine.run("user add --username x --role ROOT --password-stdin", "").code, 2);
}

fn a_minted_token_verifies_without_a_database() {
    let mut machine = Machine::new();
    machine.settings.retain(|(name, _)| *name != "DATABASE_URL");
    let mint = "token mint --sub 123456 --username johndoe --role supervisor --sid s1 --lifetime-seconds 900";
    let token = machine.run(mint, "").done().to_owned();

    let principal = machine.run(&format!("token verify {token} --json"), "").json();
    assert_eq!(principal["sub"], "123456");
    assert_eq!(principal["role"], "SUPERVISOR");
    assert_eq!(principal["exp"], "1750000900");
    let lines = machine.run("token verify -", &format!("{token}\n"));
    assert!(lines.done().contains("username: johndoe"), "{}", lines.output);

    machine.set("JWT_AUDIENCE", "other");
    machine.run("token verify", &token).fails(1, "refused: audience");
    machine.set("JWT_AUDIENCE", "chatbot");
    machine.clock.advance(930);
    let expired = machine.run("token verify", &token);
    expired.fails(1, "refused: expired");
    machine.run("token verify a.b.c", "").fails(1, "refused: malformed");
    let too_long = machine.run("token mint --sub x --lifetime-seconds 3601", "");
    too_long.fails(2, "wrong arguments: a user's token lives for 3600 s at most");
    machine.run("token mint --sub consumer:x", "").fails(1, "refused: subject");
}

fn inspecting_says_that_nothing_was_verified_and_prints_no_signature() {
    let machine = Machine::new();
    let token = machine.run("token mint --sub 123456", "").done().to_owned();
    let signature = token.rsplit_once('.').unwrap().1;
    let lines = machine.run("token inspect", &token);
    assert!(lines.done().starts_with("NOT VERIFIED: anybody may have written this.\n"));
    assert!(lines.output.contains("\"123456\"") && !lines.output.contains(signature));

    let forged = format!("{}.AAAA", token.rsplit_once('.').unwrap().0);
    let inspected = machine.run(&format!("token inspect {forged} --json"), "").json();
    assert_eq!(inspected["verified"], false);
    assert_eq!(inspected["header"], json!({"alg": "HS256", "typ": "JWT"}));
    assert_eq!(inspected["claims"]["sub"], "123456");
    machine.run("token inspect x", "").fails(1, "refused: malformed");
}

fn bad_settings_give_one_message_with_every_fault() {
    let mut machine = Machine::new();
    machine.set("JWT_ISSUER", "");
    machine.set("JWT_AUDIENCE", "*");
    machine.set("JWT_SECRET", "too-short-to-be-true");
    machine.set("ACCESS_TOKEN_SECONDS", "7200");
    machine.set("ISSUER_LISTEN", "0.0.0.0:8081");
    let ended = machine.run("serve", "");
    assert_eq!(ended.code, 2);
    assert_eq!(ended.errors.lines().count(), 1);
    for name in ["JWT_ISSUER", "JWT_AUDIENCE", "JWT_SECRET", "ACCESS_TOKEN_SECONDS", "ISSUER_LISTEN"] {
        assert!(ended.errors.contains(name), "{name}: {}", ended.errors);
    }
    assert!(!ended.errors.contains("too-short-to-be-true"));
}

fn where_the_keys_cannot_be_had_it_says_so_and_not_that_a_token_is_bad() {
    let mut machine = Machine::new();
    let token = machine.run("token mint --sub 123456", "").done().to_owned();
    machine.settings.retain(|(name, _)| *name != "JWT_SECRET");
    machine.set("JWT_SECRET_FILE", "/nowhere/secret");
    let ended = machine.run("token verify", &token);
    assert_eq!(ended.code, 2);
    assert!(!ended.errors.starts_with("refused"), "{}", ended.errors);
}

fn help_is_output_and_a_mistake_is_an_error() {
    let machine = Machine::new();
    let help = machine.run("token mint --help", "");
    assert!(help.done().contains("--lifetime-seconds"));
    let mistake = machine.run("token forge", "");
    assert_eq!((mistake.code, mistake.output.as_str()), (2, ""));
    assert!(mistake.errors.contains("forge"));
}

on_each_database! {
    sync:
    users_are_added_listed_disabled_and_enabled,
    what_cannot_be_a_user_is_refused_with_the_reason,
    a_minted_token_verifies_without_a_database,
    inspecting_says_that_nothing_was_verified_and_prints_no_signature,
    bad_settings_give_one_message_with_every_fault,
    where_the_keys_cannot_be_had_it_says_so_and_not_that_a_token_is_bad,
    help_is_output_and_a_mistake_is_an_error,
}
