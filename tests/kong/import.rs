//! A whole Kong moves in: ten thousand consumers out of a declarative file.

use std::{fmt::Write as _, fs, process::Output};

use local::Kind;
use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    running::Running,
    signing::{self, HS256, Signer},
};

const CONSUMERS: usize = 10_000;

fn key(number: usize) -> String {
    format!("key-{number}")
}

/// Long enough for every algorithm that is served.
fn secret(number: usize) -> String {
    format!("{number:064}")
}

/// Every third consumer signs with another algorithm.
const fn algorithm(number: usize) -> &'static str {
    match number % 3 {
        0 => "HS256",
        1 => "HS384",
        _ => "HS512",
    }
}

fn declarative_file() -> String {
    let mut file = String::from("_format_version: \"3.0\"\nconsumers:\n");
    for number in 0..CONSUMERS {
        let (key, secret, algorithm) = (key(number), secret(number), algorithm(number));
        writeln!(
            file,
            "- username: partner-{number}\n  custom_id: \"{number}\"\n  jwt_secrets:\n  - key: {key}\n    \
             algorithm: {algorithm}\n    secret: \"{secret}\""
        )
        .unwrap();
    }
    file
}

/// Checks an import that went well, and returns its report.
fn report(done: &Output) -> Value {
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
    for thousand in 1..=10 {
        let progress = format!("{} of {CONSUMERS}\n", thousand * 1000);
        assert!(told.contains(&progress), "{progress} is missing: {told}");
    }
    serde_json::from_slice(&done.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_consumers_of_a_file_come_once_and_their_tokens_open_the_gateway() {
    let running = Running::start(&[("CONSUMERS", "on")]).await;
    let file = running.data().join("kong.yaml");
    fs::write(&file, declarative_file()).unwrap();
    let arguments = ["consumer", "import", file.to_str().unwrap(), "--json"];

    let first = report(&running.issuer(&arguments).await);
    assert_eq!(first["created"], CONSUMERS, "{first}");
    let stored = running.all_items().await;
    let credentials = stored.keys().filter(|key| key.starts_with("CRED#")).count();
    assert_eq!(credentials, CONSUMERS, "one of each consumer");

    let second = report(&running.issuer(&arguments).await);
    assert_eq!(second["unchanged"], CONSUMERS, "{second}");
    assert_eq!((&second["created"], &second["updated"]), (&0.into(), &0.into()), "{second}");
    assert!(running.all_items().await == stored, "the second import changed the table");

    let signer = Signer::new(running.now());
    let token = |number: usize, secret: &str| {
        let header = HS256.replace("HS256", algorithm(number));
        signing::sign(&header, &signer.claims(&key(number)).to_string(), secret.as_bytes())
    };
    for number in (0..CONSUMERS).step_by(499) {
        let (status, body) = running.chat(Kind::RestToken, &token(number, &secret(number))).await;
        assert_eq!(status, StatusCode::OK, "{number}");
        assert_eq!(body["response"], format!("Hello consumer:partner-{number}, your message was: Hello"));
        let forged = token(number, &secret(number + 1));
        assert_eq!(running.chat(Kind::RestToken, &forged).await.0, StatusCode::UNAUTHORIZED, "{number}");
    }
    running.stop().await;
}
