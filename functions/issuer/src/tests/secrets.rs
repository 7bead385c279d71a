//! What must not be found: tokens and passwords in the database and in the log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

use super::app::{App, PASSWORD, SECRET};
use crate::log;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn the_database_holds_no_token_and_no_password() {
    let app = App::start().await;
    let first = app.ada().await;
    let second = app.refresh(&first.refresh()).await;
    let third = app.refresh(&second.refresh()).await;
    app.log_out(&third.access(), "this").await;

    let running = app.directory.bytes();
    let stopped = app.stop().await.bytes();
    for bytes in [running, stopped] {
        assert!(contains(&bytes, "id-of-ada"), "looked into the right files");
        for answer in [&first, &second, &third] {
            for token in [answer.access(), answer.refresh()] {
                let signature = token.rsplit_once('.').unwrap().1;
                assert!(!contains(&bytes, &token));
                assert!(!contains(&bytes, signature));
            }
        }
        assert!(!contains(&bytes, PASSWORD));
        assert!(!contains(&bytes, SECRET));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let app = App::start().await;
    app.ada().await;
    let files: Vec<_> = std::fs::read_dir(&app.directory.0).unwrap().collect();
    assert!(files.len() >= 2, "the file and its log");
    for file in files {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn the_log_holds_one_line_per_outcome_and_no_secret() {
    let lines = Lines::default();
    let _logging = tracing::subscriber::set_default(log::subscriber(lines.clone()));
    // With a single subscriber, `tracing` asks only the thread that first meets
    // an event whether anybody listens, and that may be another test's.
    let _second = tracing::Dispatch::new(log::subscriber(std::io::sink));
    let app = App::start().await;

    app.log_in("typed-by-mistake", "a-wrong-password").await;
    app.log_in("ada", "a-wrong-password").await;
    let first = app.ada().await;
    let second = app.refresh(&first.refresh()).await;
    app.refresh("not.a.token").await;
    app.me("neither.is.this").await;
    app.registry.set_down(true);
    app.log_out(&second.access(), "others").await;
    app.clock.advance(11);
    app.refresh(&first.refresh()).await;
    let third = app.ada().await;
    app.log_out(&third.access(), "this").await;
    app.send(app.post("/login").body("{")).await;

    let written = lines.0.lock().unwrap().clone();
    let text = String::from_utf8(written.clone()).unwrap();
    let outcomes: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| {
            assert!(line["timestamp"].is_string() && line["message"].is_string(), "{line}");
            let outcome = line["outcome"].as_str()?.to_owned();
            assert!(line["span"]["request_id"].is_string(), "{line}");
            Some(match line["user_id"].as_str() {
                Some(user) => format!("{outcome} {user}"),
                None => outcome,
            })
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            "login_refused",
            "login_refused id-of-ada",
            "login id-of-ada",
            "refresh id-of-ada",
            "refresh_refused",
            "logout id-of-ada",
            "reuse id-of-ada",
            "login id-of-ada",
            "logout id-of-ada",
        ]
    );
    for answer in [&first, &second, &third] {
        for token in [answer.access(), answer.refresh()] {
            let (input, signature) = token.rsplit_once('.').unwrap();
            assert!(!contains(&written, input) && !contains(&written, signature));
        }
    }
    for secret in
        [PASSWORD, SECRET, "a-wrong-password", "typed-by-mistake", "not.a.token", "neither.is.this", "argon2"]
    {
        assert!(!contains(&written, secret), "{secret}");
    }
}
