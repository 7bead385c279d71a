//! `issuer key …`, on files.

use expect_test::{Expect, expect};
use serde_json::Value;

use super::{
    command_line::{Ended, Machine},
    database::on_each_database,
};
use crate::cli::Terminals;

const OLD: &str = "0123456789abcdef0123456789abcdef";

/// A machine whose secret is in a file that is not there yet.
fn machine() -> Machine {
    let mut machine = Machine::new();
    machine.settings.retain(|(name, _)| *name != "JWT_SECRET");
    let file = machine.database.folder.join("ring.json").display().to_string();
    machine.set("JWT_SECRET_FILE", &file);
    machine
}

fn file_of(machine: &Machine) -> String {
    std::fs::read_to_string(machine.database.folder.join("ring.json")).unwrap()
}

/// The output, with names for what is different each time.
fn told(machine: &Machine, ended: &Ended, names: &[(&str, &str)]) -> String {
    let folder = machine.database.folder.display().to_string();
    let mut text = ended.done().replace(&folder, "/etc/latchkey");
    for (id, name) in names {
        text = text.replace(id, name);
    }
    text
}

fn check(machine: &Machine, ended: &Ended, names: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&told(machine, ended, names));
}

fn generated(machine: &Machine) -> String {
    machine.run("key generate --json", "").json()["key"].as_str().unwrap().to_owned()
}

fn a_first_key_signs_at_once_and_is_never_written_over() {
    let machine = machine();
    let empty = machine.run("key show", "");
    assert_eq!(empty.code, 1);
    assert!(empty.errors.contains("`issuer key generate` makes the first"), "{}", empty.errors);

    let id = generated(&machine);
    let minted = machine.run("token mint --sub 123456", "").done().to_owned();
    assert_eq!(machine.run("token inspect --json", &minted).json()["header"]["kid"], id.as_str());
    let ring = file_of(&machine);
    let again = machine.run("key generate", "");
    assert_eq!((again.code, again.output.as_str()), (1, ""));
    assert!(again.errors.contains("nothing was changed"), "{}", again.errors);
    assert_eq!(file_of(&machine), ring);

    let other = machine.run("key generate --overwrite", "");
    let id = other.done().split(' ').nth(3).unwrap().trim_end_matches(',').to_owned();
    check(
        &machine,
        &other,
        &[(&id, "KEY")],
        &expect!["made the key KEY, which signs at once, in the file /etc/latchkey/ring.json"],
    );
    machine.run("token verify", &minted).fails(1, "refused: unknown_key");
}

fn a_key_can_be_made_for_somebody_else_to_put_in_its_place() {
    let mut machine = machine();
    machine.settings.retain(|(name, _)| !["JWT_SECRET_FILE", "DATABASE_URL"].contains(name));
    machine.set("JWT_ALGORITHMS", "HS512");
    let ring = machine.run("key generate --print", "").done().to_owned();
    let parsed: Value = serde_json::from_str(&ring).unwrap();
    assert_eq!(parsed["keys"][0]["alg"], "HS512");
    machine.set("JWT_SECRET", &ring);
    let token = machine.run("token mint --sub 7", "").done().to_owned();
    assert_eq!(machine.run("token verify --json", &token).json()["sub"], "7");
    let rotated = machine.run("key rotate", "");
    assert_eq!(rotated.code, 1);
    assert!(rotated.errors.contains("JWT_SECRET can be read only"), "{}", rotated.errors);
}

fn a_rotation_says_what_happens_when() {
    let machine = machine();
    let first = generated(&machine);
    let rotated = machine.run("key rotate --json", "").json();
    let second = rotated["key"].as_str().unwrap().to_owned();
    let third = machine.run("key rotate", "");
    let names = told(&machine, &third, &[(&first, "FIRST"), (&second, "SECOND")]);
    let id = names.lines().next().unwrap().split(' ').nth(3).unwrap().to_owned();
    check(
        &machine,
        &third,
        &[(&first, "FIRST"), (&second, "SECOND"), (&id, "THIRD")],
        &expect![[r"
            published the key THIRD in the file /etc/latchkey/ring.json
            2025-06-15T16:08:40Z  every verifier has read it
            2025-06-15T19:06:40Z  issuers sign with it
            2025-06-15T20:07:10Z  the last token of the key FIRST has expired
            2025-06-15T20:07:10Z  the last token of the key SECOND has expired"]],
    );
    let shown = machine.run("key show", "");
    check(
        &machine,
        &shown,
        &[(&first, "FIRST"), (&second, "SECOND"), (&id, "THIRD")],
        &expect![[r"
            file /etc/latchkey/ring.json:
              FIRST  HS256  signing  signs from 2025-06-15T15:05:40Z  verifies until 2025-06-15T20:07:10Z
              SECOND  HS256  waiting  signs from 2025-06-15T19:06:40Z  verifies until 2025-06-15T20:07:10Z
              THIRD  HS256  waiting  signs from 2025-06-15T19:06:40Z  verifies for ever
            next change at 2025-06-15T19:06:40Z"]],
    );
}

fn a_plain_secret_becomes_a_ring_that_takes_its_tokens() {
    let machine = machine();
    std::fs::write(machine.database.folder.join("ring.json"), OLD).unwrap();
    let token = machine.run("token mint --sub 7", "").done().to_owned();
    assert_eq!(machine.run("key rotate --json", "").json()["rotation"], "published");
    assert_eq!(machine.run("token verify --json", &token).json()["sub"], "7");
    let other = machine.run("token mint --sub 7", "").done().to_owned();
    machine.clock.advance(14_400);
    assert_eq!(machine.run("token verify", &other).code, 1, "expired by now");
    let new = machine.run("token mint --sub 7", "").done().to_owned();
    assert_eq!(machine.run("token verify --json", &new).json()["sub"], "7");
}

fn secrets_are_shown_to_whoever_asks_for_them_and_to_nobody_else() {
    let machine = machine();
    std::fs::write(machine.database.folder.join("ring.json"), OLD).unwrap();
    let encoded = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    for line in ["key show", "key show --json", "key rotate", "key rotate --json"] {
        let ended = machine.run(line, "");
        let said = format!("{}{}", ended.done(), ended.errors);
        assert!(!said.contains(OLD) && !said.contains(encoded), "{said}");
    }
    assert!(machine.run("key show --reveal", "").done().contains(encoded));
    let ring = machine.run("key show --reveal --json", "").json();
    assert_eq!(ring["keys"][0]["k"], encoded);
    assert_eq!(ring["keys"][0]["state"], "signing");
    assert_eq!(ring["keys"].as_array().unwrap().len(), 3);
}

fn an_emergency_is_confirmed_and_drops_what_leaked() {
    let mut machine = machine();
    let first = generated(&machine);
    let token = machine.run("token mint --sub 7", "").done().to_owned();
    let ring = file_of(&machine);

    let unasked = machine.run("key rotate --emergency", "drop\n");
    unasked.fails(1, "failed: this asks for confirmation at a terminal; --yes confirms it elsewhere");
    machine.terminals = Terminals { input: true, errors: true };
    let declined = machine.run("key rotate --emergency", "no\n");
    assert_eq!(declined.code, 1);
    expect![[r"
        This drops every key at once, for one that leaked:
        - every token given out so far is refused; users refresh or log in again;
        - a new token is refused by a verifier that has not read the new ring and asked for one a moment ago;
        - verifiers accept what the dropped keys signed, forged tokens too, until they have read the new ring: mostly within 5 min, within 1 h at the latest.
        Type drop to go on: failed: not confirmed; nothing was changed
    "]]
    .assert_eq(&declined.errors);
    assert_eq!(file_of(&machine), ring);

    let done = machine.run("key rotate --emergency --json", "drop\n");
    assert_eq!(done.code, 0, "{}", done.errors);
    let done: Value = serde_json::from_str(&done.output).unwrap();
    assert_eq!(done["rotation"], "emergency");
    assert_eq!(done["keys"].as_array().unwrap().len(), 1);
    assert_ne!(done["key"], first.as_str());
    machine.run("token verify", &token).fails(1, "refused: unknown_key");
    machine.terminals = Terminals::default();
    assert_eq!(machine.run("key rotate --emergency --yes", "").code, 0);
    assert_eq!(machine.run("key rotate --yes", "").code, 2, "--yes confirms an emergency only");
}

fn what_is_done_to_keys_is_in_the_audit() {
    let machine = machine();
    let first = generated(&machine);
    let second = machine.run("key rotate --json", "").json()["key"].as_str().unwrap().to_owned();
    machine.run("key show", "").done();
    machine.run("key show --reveal", "").done();
    let third = machine.run("key rotate --emergency --yes --json", "").json();
    let third = third["key"].as_str().unwrap().to_owned();
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        ("key_rotated", some(&third), some("emergency")),
        ("key_revealed", some(&second), None),
        ("key_revealed", some(&first), None),
        ("key_rotated", some(&second), None),
        ("key_generated", some(&first), None),
    ];
    assert_eq!(
        machine.audit(),
        expected.map(|(action, subject, reason)| (action.to_owned(), subject, reason))
    );
}

fn without_its_audit_no_key_is_made() {
    let mut machine = machine();
    machine.set("DATABASE_URL", "sqlite:///nowhere/issuer.db");
    assert_eq!(machine.run("key generate", "").code, 1);
    assert!(!machine.database.folder.join("ring.json").exists());
    machine.settings.retain(|(name, _)| *name != "DATABASE_URL");
    generated(&machine);
    machine.set("DATABASE_URL", "sqlite:///nowhere/issuer.db");
    let ring = file_of(&machine);
    assert_eq!(machine.run("key rotate", "").code, 1);
    assert_eq!(machine.run("key rotate --emergency --yes", "").code, 1);
    assert_eq!(machine.run("key show --reveal", "").code, 1);
    assert_eq!(file_of(&machine), ring);
}

fn a_secret_that_cannot_be_used_is_described_and_not_replaced() {
    let machine = machine();
    let path = machine.database.folder.join("ring.json");
    std::fs::write(&path, "hunter2").unwrap();
    for line in ["key show", "key rotate", "key rotate --emergency --yes", "key generate"] {
        let ended = machine.run(line, "");
        assert_eq!(ended.code, 1, "{line}");
        assert!(!ended.errors.contains("hunter2"), "{}", ended.errors);
    }
    assert_eq!(file_of(&machine), "hunter2");
    machine.run("key generate --overwrite", "").done();
}

on_each_database! {
    sync:
    a_first_key_signs_at_once_and_is_never_written_over,
    a_key_can_be_made_for_somebody_else_to_put_in_its_place,
    a_rotation_says_what_happens_when,
    a_plain_secret_becomes_a_ring_that_takes_its_tokens,
    secrets_are_shown_to_whoever_asks_for_them_and_to_nobody_else,
    an_emergency_is_confirmed_and_drops_what_leaked,
    what_is_done_to_keys_is_in_the_audit,
    without_its_audit_no_key_is_made,
    a_secret_that_cannot_be_used_is_described_and_not_replaced,
}
