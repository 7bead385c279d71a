//! `issuer consumer import`, on a table that speaks DynamoDB's protocol.

use expect_test::expect;
use serde_json::json;

use super::{
    command_line::Machine,
    consumer_commands::{machine, verified},
    database::on_each_database,
    table::{Table, sign},
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An export of `deck`, as people have them.
const FILE: &str = r#"
_format_version: "3.0"
services: [{name: chat, plugins: [{name: cors}]}]
plugins:
- name: jwt
  config: {claims_to_verify: [exp], maximum_expiration: 7200}
consumers:
- username: shop
  custom_id: "42"
  tags: [gold]
  acls: [{group: a}]
  jwt_secrets:
  - {key: shop-key, secret: 0123456789abcdef0123456789abcdef, tags: [live]}
  - {key: shop-rsa, algorithm: RS256, rsa_public_key: "-----BEGIN PUBLIC KEY-----"}
  - {key: shop-weak, secret: hunter2}
- custom_id: other
  jwt_secrets:
  - {key: other-key, secret: fedcba9876543210fedcba9876543210}
  - {key: taken-key, secret: fedcba9876543210fedcba9876543210}
- username: taken
"#;

fn import(machine: &Machine, arguments: &str, text: &str) -> (u8, String) {
    let ended = machine.run(&format!("consumer import - {arguments}"), text);
    (ended.code, format!("{}{}", ended.output, ended.errors))
}

/// A table in which two of the file's names are somebody else's.
fn occupied() -> (Table, Machine) {
    let table = Table::start();
    let machine = machine(&table);
    machine.run("consumer add --username somebody --custom-id taken", "").done();
    machine.run("consumer add --username else --id 1b0d6a5c-0000-4000-8000-000000000001", "").done();
    machine.run("consumer credential add somebody --key taken-key", "").done();
    (table, machine)
}

fn what_can_be_imported_is_and_the_rest_is_told() {
    let (table, machine) = occupied();
    let (code, told) = import(&machine, "", FILE);
    assert_eq!(code, 1);
    expect![[r"
        refused: consumer shop, credential shop-rsa: its algorithm is RS256: only HS256, HS384 and HS512 are served
        refused: consumer shop, credential shop-weak: the secret has 7 bytes, HS256 needs at least 32
        refused: consumer other, credential taken-key: the key is taken
        ignored: consumers[].acls (1), plugins other than jwt (1), services (1)
        the jwt plugin (global) as settings of the authorizer:
          CONSUMERS=on
          TOKEN_SOURCES=header:authorization,query:jwt
          different: Kong does not look at nbf here; the authorizer does where a token has one
          different: Kong measures maximum_expiration from the moment of the request; the authorizer from iat where a token has one
          different: a token in a query ends up in logs; leave out of TOKEN_SOURCES what no client uses
        3 consumers with 2 credentials: 3 created, 0 updated, 0 unchanged
        3 refused; nothing is deleted that is not in the file
        failed: 3 of the file could not be imported; --skip-unusable takes that for done
    "]].assert_eq(&told);
    let by = |key: &str, secret: &str| verified(&table, &sign(key, secret.as_bytes(), 0), 1);
    assert_eq!(by("shop-key", SECRET), Ok("consumer:shop USER".into()));
    assert_eq!(by("other-key", "fedcba9876543210fedcba9876543210"), Ok("consumer:other USER".into()));
    let shop = machine.run("consumer show shop --json", "").json();
    assert_eq!(shop["tags"], json!(["gold"]));
    assert_eq!(shop["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(shop["credentials"][0]["max_lifetime_seconds"], 7200);

    let (code, again) = import(&machine, "--skip-unusable --json", FILE);
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(code, 0);
    assert_eq!(
        (&again["created"], &again["updated"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(3))
    );
    assert_eq!(again["refused"].as_array().unwrap().len(), 3);
}

fn a_dry_run_writes_nothing_and_needs_no_table() {
    let (table, mut machine) = occupied();
    let before = machine.run("consumer list --json", "").json();
    machine.settings.retain(|(name, _)| *name != "AUTH_TABLE");
    let (code, told) = import(&machine, "--dry-run --skip-unusable", FILE);
    assert_eq!(code, 0);
    let last: Vec<_> = told.lines().rev().take(2).collect();
    assert_eq!(
        last,
        [
            "2 refused; nothing is deleted that is not in the file",
            "3 consumers with 3 credentials can be imported; nothing was written"
        ]
    );
    machine.set("AUTH_TABLE", super::table::TABLE);
    assert_eq!(machine.run("consumer list --json", "").json(), before);
    drop(table);
}

fn an_import_leaves_alone_what_the_file_does_not_say() {
    let table = Table::start();
    let machine = machine(&table);
    let file = |secret: &str| {
        format!(
            "_format_version: '3.0'\nplugins: [{{name: jwt}}]\n\
             consumers: [{{username: shop, jwt_secrets: [{{key: k, secret: {secret}}}]}}]\n"
        )
    };
    machine.run("consumer add --username bystander", "").done();
    machine.run("consumer add --username shop", "").done();
    machine
        .run(
            "consumer credential add shop --key k --role admin --max-lifetime-seconds 60 --secret-stdin",
            SECRET,
        )
        .done();
    machine.run("consumer disable shop", "").done();
    let (code, told) = import(&machine, "", &file(SECRET));
    assert!(code == 0 && told.contains("0 created, 0 updated, 1 unchanged"), "{told}");

    let (code, told) = import(&machine, "", &file("fedcba9876543210fedcba9876543210"));
    assert!(code == 0 && told.contains("0 created, 1 updated, 0 unchanged"), "{told}");
    let k = &machine.run("consumer credential list shop --json", "").json()[0];
    assert_eq!(
        (&k["enabled"], &k["role"], &k["max_lifetime_seconds"]),
        (&json!(false), &json!("ADMIN"), &json!(60))
    );
    let (_, told) = import(&machine, "--role supervisor", &file("fedcba9876543210fedcba9876543210"));
    assert!(told.contains("1 updated"), "{told}");
    assert_eq!(machine.run("consumer credential list shop --json", "").json()[0]["role"], "SUPERVISOR");
    machine.run("consumer show bystander", "").done();
}

fn a_file_is_read_from_disk_in_either_form_and_quoted_in_no_error() {
    let table = Table::start();
    let machine = machine(&table);
    let path = machine.database.folder.join("kong.json");
    let run = |text: &str, arguments: &str| {
        std::fs::write(&path, text).unwrap();
        machine.run(&format!("consumer import {} {arguments}", path.display()), "")
    };
    let json = r#"{"_format_version":"3.0","consumers":[{"username":"b","jwt_secrets":[
        {"key":"b64","secret":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}]}]}"#;
    run(json, "--secret-is-base64").done();
    assert_eq!(verified(&table, &sign("b64", SECRET.as_bytes(), 0), 1), Ok("consumer:b USER".into()));
    run("_format_version: '3.0'\nsecret: [hunter2", "").fails(
        1,
        "failed: could not read the file: line 2, column 9: this is not valid YAML, or unfolds into too much",
    );
    run("consumers: [{secret: hunter2}]", "").fails(
        1,
        "failed: could not read the file: the file has no _format_version of 1.1, 2.1 or 3.0: it is no \
         declarative configuration of Kong",
    );
    let gone = machine.run("consumer import /nowhere/kong.yaml", "");
    assert_eq!(gone.code, 1);
    let own = "_format_version: '3.0'\nconsumers: [{username: x, jwt_secrets: \
               [{key: https://auth.example.com, secret: 0123456789abcdef0123456789abcdef}]}]";
    let own = run(own, "");
    assert!(own.output.contains("its key is the issuer's own name (JWT_ISSUER)"), "{}", own.output);
}

fn many_consumers_are_imported_with_word_of_how_far_it_has_come() {
    let table = Table::start();
    let machine = machine(&table);
    let consumers: Vec<_> = (0..1020)
        .map(|n| json!({"username": format!("c{n}"), "jwt_secrets": [{"key": format!("k{n}"), "secret": format!("{n:032}")}]}))
        .collect();
    let file =
        json!({"_format_version": "3.0", "plugins": [{"name": "jwt"}], "consumers": consumers}).to_string();
    let first = machine.run("consumer import -", &file);
    assert_eq!((first.code, first.errors.as_str()), (0, "1000 of 1020\n"));
    assert!(first.output.contains("1020 consumers with 1020 credentials: 1020 created"), "{}", first.output);
    let second = machine.run("consumer import - --json", &file);
    let report: serde_json::Value = serde_json::from_str(&second.output).unwrap();
    assert_eq!(report["unchanged"], 1020);
    let token = sign("k1019", format!("{:032}", 1019).as_bytes(), 0);
    assert_eq!(verified(&table, &token, 1), Ok("consumer:c1019 USER".into()));
    let audit = machine.audit();
    assert_eq!(audit.len(), 1020);
    assert!(audit.contains(&("consumer_created".into(), Some("c7".into()), Some("import".into()))));
}

fn an_import_that_is_cut_off_says_so_and_can_be_run_again() {
    let mut table = Table::start();
    let machine = machine(&table);
    table.stop();
    let ended = machine.run("consumer import -", FILE);
    assert_eq!(ended.code, 2);
    assert!(ended.errors.starts_with("unavailable: "), "{}", ended.errors);
}

on_each_database! {
    sync:
    what_can_be_imported_is_and_the_rest_is_told,
    a_dry_run_writes_nothing_and_needs_no_table,
    an_import_leaves_alone_what_the_file_does_not_say,
    a_file_is_read_from_disk_in_either_form_and_quoted_in_no_error,
    many_consumers_are_imported_with_word_of_how_far_it_has_come,
    an_import_that_is_cut_off_says_so_and_can_be_run_again,
}
