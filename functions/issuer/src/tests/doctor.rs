//! `issuer doctor`.

use std::{os::unix::fs::PermissionsExt, thread::JoinHandle};

use axum::{
    Json, Router,
    http::{HeaderMap, header},
    routing::post,
};
use expect_test::{Expect, expect};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::json;
use sqlx::Connection;
use tokio::sync::oneshot;

use super::{
    app::PASSWORD,
    command_line::{Ended, Machine},
    database::{Kind, on_each_database},
    table::{Endpoint, TABLE},
};

const RING: &str = r#"{"keys":[
    {"kty":"oct","kid":"k1","alg":"HS256","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"},
    {"kty":"oct","kid":"k2","alg":"HS256","sign_from":1750003600,
     "k":"ZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGU"}]}"#;

/// An empty table in a place where it is always the same time.
struct StoppedAws {
    endpoint: Endpoint,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl StoppedAws {
    fn at(date: &'static str) -> Self {
        let answer = async move |headers: HeaderMap| {
            let wanted = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
            let answer = match wanted.as_str() {
                "BatchGetItem" => json!({"Responses": {TABLE: []}, "UnprocessedKeys": {}}),
                "PutItem" => json!({}),
                other => panic!("{other}"),
            };
            ([(header::DATE, date)], Json(answer))
        };
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
                let router = Router::new().route("/", post(answer));
                tokio::select! {
                    _ = axum::serve(listener, router).into_future() => {}
                    _ = stopped => {}
                }
            });
        });
        Self { endpoint: Endpoint(told.recv().unwrap()), stop: Some(stop), server: Some(server) }
    }
}

impl Drop for StoppedAws {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.server.take().unwrap().join().unwrap();
    }
}

/// A machine on which everything is as it should be, at noon.
fn healthy(aws: &StoppedAws) -> Machine {
    let mut machine = Machine::new();
    machine.set("JWT_SECRET", RING);
    machine.set("AUTH_TABLE", TABLE);
    machine.aws = Some(aws.endpoint.clone());
    let admin = "user add --username root --role ADMIN --password-stdin";
    machine.run(admin, PASSWORD).done();
    machine
}

/// Compares what was told, less what differs from one database to another.
fn check(machine: &Machine, ended: &Ended, expected: &Expect) {
    let folder = machine.database.folder.display().to_string();
    let mut told = ended.output.replace(&folder, "/data");
    if let Some((before, rest)) = told.split_once("failed   clock of the database: ") {
        // The clock of a test stands still; that of a server does not.
        assert_eq!(Kind::current(), Kind::Postgres);
        let (advice, after) = rest.split_once('\n').unwrap().1.split_once('\n').unwrap();
        assert!(advice.contains("NTP"), "{advice}");
        told = format!("{before}{after}");
    }
    let differs =
        |line: &&str| !line.contains(" clock of the database: ") && !line.contains(" database file: ");
    let lines: Vec<_> = told.lines().filter(differs).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn what_is_well_is_said_to_be_well() {
    let aws = StoppedAws::at("Sun, 15 Jun 2025 15:06:40 GMT");
    let machine = healthy(&aws);
    let ended = machine.run("doctor", "");
    if Kind::current() == Kind::Sqlite {
        assert_eq!((ended.code, ended.errors.as_str()), (0, ""), "{}", ended.output);
        assert!(ended.output.contains("ok       database file: for its owner alone"), "{}", ended.output);
    } else {
        assert_eq!(
            (ended.code, ended.errors.as_str()),
            (1, "failed: one check failed\n"),
            "{}",
            ended.output
        );
    }
    let expected = expect![[r"
        ok       settings: every one can be read
        ok       listener: plain HTTP on 127.0.0.1:8081, for this machine alone
        skipped  certificate: the listener has none of its own
        ok       keys: k1 signs, of 2; next change at 2025-06-15T16:06:40Z; a copy is used for 1 h at most
        ok       database: answers, is up to date and can be written
        ok       administrators: there is one
        ok       revocations: none waits for the registry
        ok       registry: can be read; --write sees whether it can be written
        ok       clock of AWS: 0 s apart from this machine's"]];
    check(&machine, &ended, &expected);
    let written = machine.run("doctor --write --json", "");
    let checks: serde_json::Value = serde_json::from_str(&written.output).unwrap();
    assert_eq!(checks["healthy"], Kind::current() == Kind::Sqlite);
    let registry = checks["checks"].as_array().unwrap().iter().find(|found| found["check"] == "registry");
    let message = "can be read and written";
    assert_eq!(
        *registry.unwrap(),
        json!({"check": "registry", "status": "ok", "message": message, "advice": null})
    );
}

fn what_is_not_well_is_said_with_what_to_do() {
    let aws = StoppedAws::at("Sun, 15 Jun 2025 15:07:40 GMT");
    let mut machine = healthy(&aws);
    machine.set("JWT_SECRET", super::app::SECRET);
    machine.run("user disable root", "").done();
    machine.settings.retain(|(name, _)| *name != "AUTH_TABLE");
    machine.run("revoke token j1", "").done();
    machine.clock.advance(60);
    machine.set("AUTH_TABLE", TABLE);
    machine.clock.advance(60);
    let folder = machine.database.folder.clone();
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.not_after = date_time_ymd(2025, 6, 20);
    let pem = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let certificate = pem("certificate.pem", parameters.self_signed(&key).unwrap().pem());
    machine.set("ISSUER_TLS_CERTIFICATE", &certificate);
    machine.set("ISSUER_TLS_PRIVATE_KEY", &pem("key.pem", key.serialize_pem()));
    machine.set("ISSUER_LISTEN", "0.0.0.0:8443");
    if Kind::current() == Kind::Sqlite {
        let file = folder.join("issuer.db");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let ended = machine.run("doctor", "");
        let advice = format!("-> chmod 600 {}", file.display());
        assert!(ended.output.contains(&advice), "{}", ended.output);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let ended = machine.run("doctor", "");
    assert_eq!(ended.code, 1);
    let expected = expect![[r"
        ok       settings: every one can be read
        warning  listener: TLS on 0.0.0.0:8443, where everybody can read /metrics
                 -> set METRICS=off, or let only the scraper through to that path
        warning  certificate: expires at 2025-06-20T00:00:00Z
                 -> find out why it has not been renewed; a running server takes a new one up by itself
        warning  keys: a plain secret signs; a copy of it is used for 1 h at most
                 -> make it a key ring (`issuer key rotate` does): one is rotated without refusing a token
        ok       database: answers, is up to date and can be written
        warning  administrators: there is none who may log in
                 -> make the first: issuer setup; or a further one: issuer user add --role ADMIN
        warning  revocations: 1 wait for the registry, the oldest for 2 min
                 -> see whether a server runs, and what it logs about the registry
        ok       registry: can be read; --write sees whether it can be written
        failed   clock of AWS: 1 min apart from this machine's
                 -> set the clock by the network (NTP), on the machine that is wrong"]];
    check(&machine, &ended, &expected);
}

fn one_part_that_is_wrong_hides_no_other() {
    let mut machine = Machine::new();
    machine.set("JWT_ISSUER", "*");
    machine.set("LOG_LEVEL", "everything");
    machine.set("ISSUER_TLS_CERTIFICATE", "/nowhere/certificate.pem");
    machine.settings.retain(|(name, _)| *name != "JWT_SECRET");
    machine.set("JWT_SECRET_FILE", "/nowhere/secret");
    let ended = machine.run("doctor", "");
    assert_eq!(ended.code, 1);
    let told = ended.output.replace("unable to open database file", "(the database)");
    for part in [
        "failed   settings: wrong settings: JWT_ISSUER is",
        "JWT_SECRET_FILE cannot be used",
        "LOG_LEVEL is not one of",
        "failed   certificate: wrong settings: ISSUER_TLS_PRIVATE_KEY is required",
        "failed   database: ",
        "warning  registry: AUTH_TABLE is not set",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let file = machine.database.folder.join("issuer.db");
    assert!(!file.exists(), "to look changes nothing");
    if Kind::current() == Kind::Sqlite {
        assert!(told.contains("-> make it (`issuer migrate`)"), "{told}");
    }
}

fn tables_are_looked_at_and_left_alone() {
    let machine = Machine::new();
    let file = machine.database.folder.join("issuer.db");
    std::fs::write(&file, "").unwrap();
    for _ in 0..2 {
        let ended = machine.run("doctor", "");
        let lacks = "failed   database: answers, and lacks 3 migrations\n         -> run `issuer migrate`";
        assert!(ended.output.contains(lacks), "{}", ended.output);
    }
    machine.run("migrate", "").done();
    let good = "ok       database: answers, is up to date and can be written";
    assert!(machine.run("doctor", "").output.contains(good));

    let url = machine.database.url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        let changed = "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 2";
        sqlx::query(changed).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let foreign = machine.run("doctor", "");
    let told = "failed   database: answers, and another version of this program has changed it";
    assert!(foreign.output.contains(told), "{}", foreign.output);
}

fn no_secret_is_told() {
    let mut machine = Machine::new();
    let told = |machine: &Machine| {
        let ended = machine.run("doctor --json", "");
        ended.output + &ended.errors
    };
    machine.set("JWT_SECRET", "a-secret-that-is-short");
    assert!(!told(&machine).contains("a-secret-that-is-short"));
    machine.set("JWT_SECRET", super::app::SECRET);
    assert!(!told(&machine).contains(super::app::SECRET));
    machine.set("DATABASE_URL", "postgres://issuer:hunter2@127.0.0.1:1/nothing");
    let unreachable = told(&machine);
    assert!(unreachable.contains("\"database\"") && !unreachable.contains("hunter2"), "{unreachable}");
}

on_each_database! {
    sync:
    what_is_well_is_said_to_be_well,
    what_is_not_well_is_said_with_what_to_do,
    one_part_that_is_wrong_hides_no_other,
    tables_are_looked_at_and_left_alone,
    no_secret_is_told,
}
