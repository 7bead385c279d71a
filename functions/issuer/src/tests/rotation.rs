//! A rotation by the command line under an issuer that goes on serving.

use keys::KeyCache;
use serde_json::Value;
use token::{Moment, Verifier};

use super::{
    app::{App, PASSWORD},
    command_line::Machine,
    database::{TestDatabase, on_each_database},
};
use crate::settings::TokenSettings;

/// Somebody else who checks tokens, with a copy of the ring of their own.
struct Elsewhere {
    keys: KeyCache,
    verifier: Verifier,
}

impl Elsewhere {
    fn new(machine: &Machine) -> Self {
        let environment = |name: &str| {
            let found = machine.settings.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone())
        };
        let settings = TokenSettings::read(&environment).unwrap();
        Self { keys: KeyCache::new(settings.keys, None), verifier: settings.verifier }
    }

    async fn accepts(&self, token: &str, at: Moment) -> bool {
        self.keys.verify(&self.verifier, token, at).await.unwrap().is_ok()
    }
}

/// The command line runs in a runtime of its own.
fn run(machine: &Machine, line: &str) -> Value {
    std::thread::scope(|scope| scope.spawn(|| machine.run(line, "").json()).join().unwrap())
}

fn kid_of(token: &str) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn a_rotation_moves_a_running_issuer_on_and_no_token_is_refused() {
    const STEP_SECS: u64 = 150;
    let database = TestDatabase::new();
    let file = database.folder.join("ring.json").display().to_string();
    let mut machine = Machine::new();
    machine.settings.retain(|(name, _)| *name != "JWT_SECRET");
    machine.set("JWT_SECRET_FILE", &file);
    let first = run(&machine, "key generate --json")["key"].as_str().unwrap().to_owned();

    let app = App::start_in(database, &[("JWT_SECRET_FILE", &file)]).await;
    machine.clock = app.clock.clone();
    app.add_user("ada", PASSWORD).await;
    let elsewhere = Elsewhere::new(&machine);
    let mut pair = app.ada().await;
    assert!(elsewhere.accepts(&pair.access(), app.clock.moment()).await);
    let rotated = run(&machine, "key rotate --json");
    let second = rotated["key"].as_str().unwrap().to_owned();
    let sign_from = rotated["keys"][1]["sign_from"].as_i64().unwrap();
    let over = rotated["keys"][0]["verify_until"].as_i64().unwrap();

    // The access tokens that are good yet, and until when.
    let mut tokens = vec![(pair.access(), app.clock.moment().wall.plus(1800))];
    let mut checked = 0;
    while app.clock.moment().wall.as_unix_secs() <= over + 1800 {
        app.clock.advance(STEP_SECS);
        let now = app.clock.moment();
        pair = app.refresh(&pair.refresh()).await;
        let token = pair.access();
        let expected = if now.wall.as_unix_secs() < sign_from { &first } else { &second };
        assert_eq!(
            &kid_of(&token),
            expected,
            "{} s from the first signature",
            now.wall.as_unix_secs() - sign_from
        );
        assert_eq!(app.me(&token).await.status, 200);
        tokens.push((token, now.wall.plus(1800)));
        tokens.retain(|(_, expires_at)| now.wall < *expires_at);
        for (token, _) in &tokens {
            assert!(elsewhere.accepts(token, now).await);
            checked += 1;
        }
    }
    assert!(checked > 1000, "{checked}");
    let states: Vec<_> = run(&machine, "key show --json")["keys"].as_array().unwrap().clone();
    assert_eq!(
        states.iter().map(|key| key["state"].as_str().unwrap()).collect::<Vec<_>>(),
        ["over", "signing"]
    );
}

async fn an_emergency_ends_the_tokens_of_a_running_issuer() {
    let database = TestDatabase::new();
    let file = database.folder.join("ring.json").display().to_string();
    let mut machine = Machine::new();
    machine.settings.retain(|(name, _)| *name != "JWT_SECRET");
    machine.set("JWT_SECRET_FILE", &file);
    run(&machine, "key generate --json");
    let app = App::start_in(database, &[("JWT_SECRET_FILE", &file)]).await;
    machine.clock = app.clock.clone();
    app.add_user("ada", PASSWORD).await;
    let pair = app.ada().await;
    run(&machine, "key rotate --emergency --yes --json");
    assert_eq!(app.me(&pair.access()).await.status, 200, "until the ring is read again");
    app.clock.advance(301);
    app.me(&pair.access()).await.is_error(401, "invalid_token");
    // Sessions outlive the key: refresh tokens are signed with another.
    let next = app.refresh(&pair.refresh()).await;
    assert_eq!(app.me(&next.access()).await.status, 200);
}

on_each_database! {
    a_rotation_moves_a_running_issuer_on_and_no_token_is_refused,
    an_emergency_ends_the_tokens_of_a_running_issuer,
}
