//! `issuer consumer …`, and tokens of consumers, on a table that speaks
//! DynamoDB's protocol.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{
    command_line::Machine,
    database::on_each_database,
    table::{TABLE, Table, at, sign},
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn machine(table: &Table) -> Machine {
    let mut machine = Machine::new();
    machine.set("AUTH_TABLE", TABLE);
    machine.aws = Some(table.endpoint.clone());
    machine
}

/// Who a verifier takes `token` for.
pub(super) fn verified(table: &Table, token: &str, secs: u64) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let principal = runtime.block_on(table.verify(token, at(secs)))?;
    Ok(format!("{} {}", principal.id(), principal.role()))
}

/// Lines with the ids in them told apart and not told.
fn check(text: &str, expected: &Expect) {
    let mut seen: Vec<String> = Vec::new();
    let mut told = String::new();
    for word in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric() && character != '-')
    {
        let id = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let is_id = id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4;
        if is_id {
            let number = seen.iter().position(|other| other == id).unwrap_or(seen.len());
            if number == seen.len() {
                seen.push(id.to_owned());
            }
            told.push_str(&word.replace(id, &format!("ID{number}")));
        } else {
            told.push_str(word);
        }
    }
    expected.assert_eq(&told);
}

fn consumers_are_added_shown_listed_and_deleted() {
    let table = Table::start();
    let machine = machine(&table);
    let shop =
        machine.run("consumer add --username shop --custom-id 42 --tag gold --tag new --json", "").json();
    assert_eq!(shop["tags"], json!(["gold", "new"]));
    assert_eq!(shop["created_at"], 1_750_000_000);
    let other = machine.run("consumer add --custom-id other", "").done().to_owned();
    assert_eq!(machine.run("consumer show other --json", "").json()["id"], other.as_str());
    machine
        .run("consumer credential add shop --key shop-key --role supervisor --secret-stdin", SECRET)
        .done();
    check(
        machine.run("consumer show shop", "").done(),
        &expect![[r"
        ID0  shop  42  gold,new
          ID1  shop-key  HS256  SUPERVISOR  enabled  secrets: for ever"]],
    );
    let mut listed: Vec<_> = machine.run("consumer list", "").done().lines().map(str::to_owned).collect();
    listed.sort_by_key(|line| line.contains("other"));
    check(
        &listed.join("\n"),
        &expect![[r"
        ID0  shop  42  gold,new
        ID1  other  other"]],
    );
    assert_eq!(machine.run("consumer list --json", "").json().as_array().unwrap().len(), 2);

    assert_eq!(machine.run("consumer delete shop", "").done(), "deleted shop");
    machine.run("consumer show shop", "").fails(1, "failed: there is no such consumer");
    assert_eq!(verified(&table, &sign("shop-key", SECRET.as_bytes(), 0), 1), Err("unknown_consumer".into()));
    machine.run("consumer delete shop", "").fails(1, "failed: there is no such consumer");
    machine.run("consumer add --username other", "").fails(1, "failed: the username is taken");
    assert_eq!(machine.run("consumer add", "").code, 2);
}

fn a_secret_that_was_made_up_is_printed_once_and_one_that_was_given_never() {
    let table = Table::start();
    let machine = machine(&table);
    machine.run("consumer add --username shop", "").done();
    let made = machine.run("consumer credential add shop --json", "").json();
    let (key, secret) = (made["key"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!((key.len(), secret.len()), (32, 32));
    assert_eq!(verified(&table, &sign(key, secret.as_bytes(), 0), 1), Ok("consumer:shop USER".into()));

    let given = machine.run(
        "consumer credential add shop --key given --secret-stdin --json",
        "0123456789abcdef0123456789abcdef\n",
    );
    assert_eq!(given.json()["secret"], Value::Null);
    assert_eq!(verified(&table, &sign("given", SECRET.as_bytes(), 0), 1), Ok("consumer:shop USER".into()));
    let lines = machine.run("consumer credential add shop --key lines", "");
    assert!(lines.done().starts_with("key: lines\nsecret, shown this once: "), "{}", lines.output);
    for line in ["consumer show shop", "consumer credential list shop"] {
        for form in ["", " --json"] {
            let said = machine.run(&format!("{line}{form}"), "").done().to_owned();
            assert!(said.contains("given") && !said.contains(secret) && !said.contains(SECRET), "{said}");
        }
    }
    machine
        .run("consumer credential add shop --secret-stdin", "tooshort")
        .fails(1, "failed: the secret has 8 bytes, HS256 needs at least 32");
    assert_eq!(machine.run("consumer credential add shop --algorithm RS256", "").code, 2);
    machine.run("consumer credential add nobody", "").fails(1, "failed: there is no such consumer");
    machine
        .run("consumer credential add shop --key https://auth.example.com", "")
        .fails(1, "failed: the key is the issuer's own name (JWT_ISSUER)");
    let base64 =
        machine.run("consumer credential add shop --secret-is-base64 --algorithm HS512 --json", "").json();
    assert_eq!(base64["secret"].as_str().unwrap().len(), 88);
}

fn an_old_secret_lives_beside_its_successor_for_as_long_as_was_said() {
    let table = Table::start();
    let machine = machine(&table);
    machine.run("consumer add --username shop", "").done();
    machine.run("consumer credential add shop --key k --secret-stdin", SECRET).done();
    let replaced =
        machine.run("consumer credential replace-secret k --overlap-seconds 600 --json", "").json();
    let new = replaced["secret"].as_str().unwrap().to_owned();
    assert_eq!(replaced["secrets"][1]["not_after"], 1_750_000_600);
    let by = |secret: &str, secs| verified(&table, &sign("k", secret.as_bytes(), 0), secs).is_ok();
    assert!(by(SECRET, 600) && !by(SECRET, 601) && by(&new, 0) && by(&new, 601));
    check(
        machine.run("consumer credential list shop", "").done(),
        &expect!["ID0  k  HS256  USER  enabled  secrets: for ever, until 2025-06-15T15:16:40Z"],
    );

    let newest = "fedcba9876543210fedcba9876543210";
    machine.run("consumer credential replace-secret k --overlap-seconds 0 --secret-stdin", newest).done();
    assert!(!by(SECRET, 0) && !by(&new, 0) && by(newest, 0));
    let third = "consumer credential replace-secret k";
    for _ in 0..2 {
        machine.run(third, "").done();
    }
    machine
        .run(third, "")
        .fails(1, "failed: the secret would be the 4th that is good at once; at most 3 may be");
}

fn credentials_are_disabled_enabled_revoked_and_deleted() {
    let table = Table::start();
    let machine = machine(&table);
    machine.run("consumer add --username shop", "").done();
    machine.run("consumer disable shop", "").fails(1, "failed: the consumer has no credentials");
    for key in ["a", "b"] {
        machine.run(&format!("consumer credential add shop --key {key} --secret-stdin"), SECRET).done();
    }
    let by = |key: &str, secs| verified(&table, &sign(key, SECRET.as_bytes(), secs), secs);
    assert_eq!(machine.run("consumer disable shop", "").done(), "disabled 2 credentials of shop");
    assert_eq!((by("a", 0), by("b", 0)), (Err("consumer_disabled".into()), Err("consumer_disabled".into())));
    assert_eq!(machine.run("consumer credential enable a", "").done(), "enabled a");
    assert_eq!((by("a", 0).is_ok(), by("b", 0).is_ok()), (true, false));
    assert_eq!(machine.run("consumer enable shop", "").done(), "enabled 2 credentials of shop");
    assert!(by("b", 0).is_ok());

    machine.clock.advance(10);
    machine.run("consumer credential revoke a", "").done();
    assert_eq!(by("a", 9), Err("revoked".into()));
    assert!(by("a", 10).is_ok());
    assert_eq!(machine.run("consumer credential delete a", "").done(), "deleted a");
    assert_eq!(by("a", 10), Err("unknown_consumer".into()));
    machine.run("consumer credential disable a", "").fails(1, "failed: there is no such credential");
}

fn a_token_is_minted_as_its_consumer_would() {
    let table = Table::start();
    let mut machine = machine(&table);
    machine.run("consumer add --username shop", "").done();
    machine
        .run("consumer credential add shop --key k --algorithm HS384 --max-lifetime-seconds 900", "")
        .done();
    // The shared secret is of no use here.
    machine.settings.retain(|(name, _)| !["JWT_SECRET", "JWT_AUDIENCE"].contains(name));
    let minted = machine.run("token mint --consumer k --json", "").json();
    let token = minted["access_token"].as_str().unwrap().to_owned();
    assert_eq!(minted["expires_in"], 900);
    assert_eq!(verified(&table, &token, 1), Ok("consumer:shop USER".into()));
    let read = machine.run("token inspect --json", &token).json();
    assert_eq!(read["header"], json!({"alg": "HS384", "typ": "JWT"}));
    assert_eq!(
        read["claims"],
        json!({"iss": "k", "jti": minted["jti"], "iat": 1_750_000_000, "exp": 1_750_000_900})
    );
    machine.run("token mint --consumer k --lifetime-seconds 901", "").fails(1, "refused: lifetime");
    machine.run("consumer disable shop", "").done();
    machine.run("token mint --consumer k", "").fails(1, "refused: consumer_disabled");
    machine.run("token mint --consumer nobody", "").fails(1, "failed: there is no such credential");
    assert_eq!(machine.run("token mint --consumer k --sub 7", "").code, 2);
    assert_eq!(machine.run("token mint", "").code, 2);
}

fn a_registry_out_of_reach_is_told_from_one_that_says_no() {
    let mut table = Table::start();
    let mut machine = machine(&table);
    machine.run("consumer add --username shop", "").done();
    table.stop();
    for line in
        ["consumer show shop", "consumer list", "consumer add --username x", "token mint --consumer k"]
    {
        let ended = machine.run(line, "");
        assert_eq!((ended.code, ended.output.as_str()), (2, ""), "{line}");
        assert!(ended.errors.starts_with("unavailable: the registry table"), "{}", ended.errors);
    }
    let added = &machine.audit()[1];
    assert_eq!(added, &("consumer_created".into(), Some("x".into()), Some("outcome_unknown".into())));
    machine.settings.retain(|(name, _)| *name != "AUTH_TABLE");
    machine.run("consumer list", "").fails(2, "wrong settings: AUTH_TABLE is required");
}

fn what_is_done_to_consumers_is_in_the_audit_and_no_secret_is() {
    let table = Table::start();
    let machine = machine(&table);
    let mut secrets = Vec::new();
    machine.run("consumer add --username shop", "").done();
    for line in ["consumer credential add shop --key k --json", "consumer credential replace-secret k --json"]
    {
        secrets.push(machine.run(line, "").json()["secret"].as_str().unwrap().to_owned());
    }
    for line in [
        "token mint --consumer k",
        "consumer disable shop",
        "consumer enable shop",
        "consumer credential disable k",
        "consumer credential revoke k",
        "consumer credential delete k",
        "consumer delete shop",
    ] {
        machine.run(line, "").done();
    }
    let told = machine.audit().into_iter().rev();
    let told: Vec<_> = told.map(|(action, subject, _)| format!("{action} {}", subject.unwrap())).collect();
    expect![[r"
        consumer_created shop
        credential_created k
        credential_secret_replaced k
        consumer_token_minted k
        consumer_disabled shop
        consumer_enabled shop
        credential_changed k
        credential_revoked k
        credential_deleted k
        consumer_deleted shop"]]
    .assert_eq(&told.join("\n"));
    let kept = String::from_utf8_lossy(&machine.database.bytes()).into_owned();
    assert!(secrets.iter().all(|secret| !kept.contains(secret.as_str())));
}

on_each_database! {
    sync:
    consumers_are_added_shown_listed_and_deleted,
    a_secret_that_was_made_up_is_printed_once_and_one_that_was_given_never,
    an_old_secret_lives_beside_its_successor_for_as_long_as_was_said,
    credentials_are_disabled_enabled_revoked_and_deleted,
    a_token_is_minted_as_its_consumer_would,
    a_registry_out_of_reach_is_told_from_one_that_says_no,
    what_is_done_to_consumers_is_in_the_audit_and_no_secret_is,
}
