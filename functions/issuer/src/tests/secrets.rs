//! What must not be found: tokens and passwords in the database and in the log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::{
    app::{App, PASSWORD, SECRET},
    database::on_each_database,
    totp::{Authenticator, codes},
};
use crate::log::{self, Format, LogSettings};

const AT_DEBUG: LogSettings = LogSettings { format: Format::Json, level: LevelFilter::DEBUG };

/// What was logged.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Writes here, as much as there can be.
    pub(super) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        log::subscriber(AT_DEBUG, self.clone())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

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

pub(super) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn the_database_holds_no_token_and_no_password() {
    let app = App::start().await;
    let first = app.ada().await;
    let second = app.refresh(&first.refresh()).await;
    let third = app.refresh(&second.refresh()).await;
    app.log_out(&third.access(), "this").await;

    let running = app.database.bytes();
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
    let files: Vec<_> = std::fs::read_dir(&app.database.folder).unwrap().collect();
    assert!(files.len() >= 2, "the file and its log");
    for file in files {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

async fn the_log_holds_one_line_per_outcome_and_no_secret() {
    let lines = Lines::default();
    let _logging = tracing::subscriber::set_default(log::subscriber(AT_DEBUG, lines.clone()));
    // With a single subscriber, `tracing` asks only the thread that first meets
    // an event whether anybody listens, and that may be another test's.
    let _second = tracing::Dispatch::new(log::subscriber(AT_DEBUG, std::io::sink));
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

    let odd = app.get("/in-a-path?token=in-a-query").header("x-odd", "in-a-header");
    app.send(odd.body("in-a-body")).await;

    let text = lines.text();
    let written = text.as_bytes();
    let answered = r#""message":"answered","method":"GET","route":"none","status":404,"error":"not_found""#;
    assert!(text.contains(answered), "one line per request as well");
    let outcomes: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| {
            assert!(line["timestamp"].is_string() && line["message"].is_string(), "{line}");
            let action = line["action"].as_str()?;
            assert!(line["span"]["request_id"].is_string(), "{line}");
            let outcome = line["outcome"].as_str()?;
            let subject = line["subject"].as_str().unwrap_or("nobody");
            Some(format!("{action} {outcome} {subject}"))
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            "login refused nobody",
            "login refused id-of-ada",
            "login done id-of-ada",
            "refresh done id-of-ada",
            "refresh refused nobody",
            "logout done id-of-ada",
            "reuse done id-of-ada",
            "login done id-of-ada",
            "logout done id-of-ada",
        ]
    );
    for answer in [&first, &second, &third] {
        for token in [answer.access(), answer.refresh()] {
            let (input, signature) = token.rsplit_once('.').unwrap();
            assert!(!contains(written, input) && !contains(written, signature));
        }
    }
    for secret in [
        PASSWORD,
        SECRET,
        "a-wrong-password",
        "typed-by-mistake",
        "not.a.token",
        "neither.is.this",
        "argon2",
        "in-a-path",
        "in-a-query",
        "in-a-header",
        "in-a-body",
    ] {
        assert!(!contains(written, secret), "{secret}");
    }
}

/// Does everything that gives out or takes what must not be found, and returns
/// that: first what the database must keep as digests, then what the log must
/// not hold either.
async fn use_every_secret(app: &App) -> (Vec<String>, Vec<String>) {
    let root = app.administrator("root").await;
    let offer = app.offer_reset(&root, "id-of-ada").await.field("reset_token");
    let unused = app.offer_reset(&root, "id-of-root").await.field("reset_token");
    let (new, newer) = ("a new password, long enough", "an even newer password");
    assert_eq!(app.reset_password(&offer, new).await.status, 204);
    app.reset_password(&offer, newer).await.is_error(401, "invalid_reset_token");
    app.reset_password("not-a-reset-token", newer).await.is_error(401, "invalid_reset_token");

    let mine = app.log_in("ada", new).await.access();
    let begun =
        app.send(app.post("/me/totp").bearer_auth(&mine).json(&json!({"current_password": new}))).await;
    let authenticator = Authenticator::of(&begun);
    let first = authenticator.code(app);
    let confirm = app.post("/me/totp/confirm").bearer_auth(&mine).json(&json!({"otp": first}));
    let recovery = codes(&app.send(confirm).await);
    app.clock.advance(30);
    let second = authenticator.code(app);
    assert_eq!(app.log_in_with("ada", new, &second).await.status, 200);
    app.log_in_with("ada", new, &second).await.is_error(401, "invalid_otp");
    app.log_in_with("ada", new, "typed-as-an-otp").await.is_error(401, "invalid_otp");
    assert_eq!(app.log_in_with("ada", new, &recovery[0]).await.status, 200);
    app.log_in_with("ada", new, &recovery[0]).await.is_error(401, "invalid_otp");
    app.clock.advance(30);
    let both = json!({"current_password": new, "otp": authenticator.code(app)});
    let renew = app.post("/me/totp/recovery-codes").bearer_auth(&mine).json(&both);
    let renewed = codes(&app.send(renew).await);
    app.remove_totp(&mine, "a-wrong-password", &renewed[0]).await.is_error(403, "wrong_password");
    assert_eq!(app.remove_totp(&mine, new, &renewed[0]).await.status, 204);

    let codes = recovery.into_iter().chain(renewed);
    let plain = |code: String| [code.replace('-', ""), code];
    let kept_as_digests = codes.flat_map(plain).chain([offer, unused]).collect();
    let others = [begun.field("secret"), first, second, new.into(), newer.into()];
    let typed = ["not-a-reset-token", "typed-as-an-otp", "a-wrong-password", "otpauth"].map(str::to_owned);
    (kept_as_digests, others.into_iter().chain(typed).collect())
}

async fn what_was_given_out_once_is_not_in_the_database() {
    let app = App::start().await;
    let (kept_as_digests, others) = use_every_secret(&app).await;
    let running = app.database.bytes();
    let stopped = app.stop().await.bytes();
    // The codes of an authenticator are six digits, which may be anything.
    let typed = others.iter().filter(|secret| secret.len() > 6);
    for bytes in [&running, &stopped] {
        assert!(contains(bytes, "id-of-ada"), "looked into the right files");
        for secret in kept_as_digests.iter().chain(typed.clone()) {
            assert!(!contains(bytes, secret), "{secret}");
        }
    }
}

async fn the_log_holds_nothing_of_a_reset_or_a_second_factor() {
    let lines = Lines::default();
    let _logging = tracing::subscriber::set_default(log::subscriber(AT_DEBUG, lines.clone()));
    let _second = tracing::Dispatch::new(log::subscriber(AT_DEBUG, std::io::sink));
    let app = App::start().await;
    let (kept_as_digests, others) = use_every_secret(&app).await;
    let written = lines.0.lock().unwrap().clone();
    assert!(contains(&written, "recovery_codes_renewed"), "looked into the right log");
    // Six digits are in ids and times as well: a code is looked for as a value.
    let looked_for =
        |secret: &String| if secret.len() == 6 { format!("\"{secret}\"") } else { secret.clone() };
    for secret in kept_as_digests.iter().chain(&others).map(looked_for) {
        assert!(!contains(&written, &secret), "{secret}");
    }
}

on_each_database! {
    the_database_holds_no_token_and_no_password,
    the_log_holds_one_line_per_outcome_and_no_secret,
    what_was_given_out_once_is_not_in_the_database,
    the_log_holds_nothing_of_a_reset_or_a_second_factor,
}
