//! How many failed logins are let through, and who suffers from whose.

use std::sync::Arc;

use serde_json::json;
use token::Role;
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

use super::{
    app::{Answer, App, PASSWORD, SECRET},
    command_line::Machine,
    database::on_each_database,
};
use crate::{
    origin::Origin,
    throttle::{Bucket, Charging, Look},
    user::Username,
};

const BEHIND_PROXY: [(&str, &str); 2] = [("JWT_SECRET", SECRET), ("TRUSTED_PROXIES", "127.0.0.1")];
const HERE: &str = "203.0.113.7";
const HOME: &str = "198.51.100.1";
const DAY: u64 = 86_400;

impl App {
    async fn start_behind_proxy() -> Self {
        Self::start_with(&BEHIND_PROXY).await
    }

    async fn fail(&self, address: &str, username: &str) {
        self.log_in_from(address, username, "not the password").await.is_error(401, "invalid_credentials");
    }

    async fn is_turned_away(&self, address: &str, username: &str, secs: &str) -> Answer {
        let answer = self.log_in_from(address, username, PASSWORD).await;
        answer.is_error(429, "too_many_attempts");
        assert_eq!(answer.header("retry-after"), secs);
        answer
    }

    async fn is_let_in(&self, address: &str, username: &str) -> Answer {
        let answer = self.log_in_from(address, username, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    }

    /// Users with ada's password.
    async fn add_users(&self, names: impl Iterator<Item = String>) {
        let ada = Username::parse("ada").unwrap();
        let hash = self.issuer.store.credentials(&ada).await.unwrap().unwrap().hash;
        for name in names {
            self.add_user_with(&self.user(&name, Role::User), &hash).await;
        }
    }

    /// Fails for that account from fifty addresses that nobody else uses.
    async fn storm_on(&self, username: &str) {
        for number in 0..50 {
            self.fail(&format!("192.0.2.{number}"), username).await;
        }
    }

    /// What remains of an answer that may not tell one refusal from another.
    fn essence(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
        let headers =
            answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
        let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        (answer.status.as_u16(), answer.text.clone(), headers.map(text).collect())
    }

    fn origin(address: &str) -> Origin {
        Origin { address: Some(address.parse().unwrap()), ..Origin::default() }
    }

    async fn look(&self, address: &str, username: &str) -> Look {
        let username = Username::parse(username).unwrap();
        let attempt = self.issuer.attempt(&username, &Self::origin(address));
        self.issuer.look(attempt.as_ref()).await.unwrap()
    }

    /// The reasons of the last events in the audit, the latest first.
    async fn last_reasons(&self, count: u32) -> Vec<String> {
        let since = token::Timestamp::from_unix_secs(0);
        let events = self.issuer.store.events(None, since, count).await.unwrap();
        events.into_iter().map(|event| event.reason.unwrap_or_default()).collect()
    }
}

async fn an_address_has_thirty_failures_and_then_one_per_ten_seconds() {
    let app = App::start_behind_proxy().await;
    for number in 0..30 {
        app.fail(HERE, &format!("name-{number}")).await;
    }
    let unknown = app.is_turned_away(HERE, "name-30", "10").await;
    let known = app.is_turned_away(HERE, "ada", "10").await;
    assert_eq!(App::essence(&known), App::essence(&unknown));
    app.fail("203.0.113.8", "name-30").await;

    app.clock.advance(9);
    app.is_turned_away(HERE, "ada", "1").await;
    app.clock.advance(1);
    app.fail(HERE, "name-31").await;
    app.is_turned_away(HERE, "ada", "10").await;
    app.clock.advance(3600);
    app.is_let_in(HERE, "ada").await;
}

async fn an_account_has_five_failures_per_address_and_then_one_per_half_minute() {
    let app = App::start_behind_proxy().await;
    for name in ["ada", "nobody"] {
        for _ in 0..5 {
            app.fail(HERE, name).await;
        }
    }
    let unknown = app.is_turned_away(HERE, "nobody", "30").await;
    let known = app.is_turned_away(HERE, "ada", "30").await;
    assert_eq!(App::essence(&known), App::essence(&unknown));
    app.is_turned_away(HERE, " ADA ", "30").await;
    app.fail(HERE, "somebody-else").await;

    app.clock.advance(30);
    app.fail(HERE, "ada").await;
    app.is_turned_away(HERE, "ada", "30").await;
    app.is_let_in(HOME, "ada").await;
    app.clock.advance(30);
    app.is_let_in(HERE, "ada").await;
}

async fn a_storm_on_one_account_ends_in_401_for_all_but_the_owner() {
    let app = App::start_behind_proxy().await;
    app.is_let_in(HOME, "ada").await;
    for name in ["ada", "nobody"] {
        app.storm_on(name).await;
    }
    let wrong = app.log_in_from("192.0.2.60", "ada", "not the password").await;
    let right = app.log_in_from("192.0.2.61", "ada", PASSWORD).await;
    let unknown = app.log_in_from("192.0.2.62", "nobody", PASSWORD).await;
    right.is_error(401, "invalid_credentials");
    for answer in [&right, &unknown] {
        assert_eq!(App::essence(answer), App::essence(&wrong));
    }
    assert_eq!(app.last_reasons(3).await, ["unknown_user", "locked", "locked"]);

    app.is_let_in(HOME, "ada").await;
    app.fail(HOME, "ada").await;
    app.is_let_in(HOME, "ada").await;
    app.clock.advance(59);
    app.log_in_from(HERE, "ada", PASSWORD).await.is_error(401, "invalid_credentials");
    app.clock.advance(1);
    app.is_let_in(HERE, "ada").await;
}

async fn behind_one_address_a_neighbour_cannot_lock_out_who_is_known_there() {
    let app = App::start_behind_proxy().await;
    app.add_users(["grace".to_owned()].into_iter()).await;
    app.is_let_in(HOME, "ada").await;
    for number in 0..30 {
        app.fail(HOME, &format!("name-{number}")).await;
    }
    app.is_turned_away(HOME, "grace", "10").await;
    app.is_let_in(HOME, "ada").await;
    for _ in 0..4 {
        app.fail(HOME, "ada").await;
    }
    app.is_let_in(HOME, "ada").await;
    app.is_turned_away(HOME, "grace", "10").await;
    app.is_let_in(HERE, "grace").await;
}

async fn who_is_right_has_nothing_counted() {
    let app = App::start_behind_proxy().await;
    let names = || (0..35).map(|number| format!("user-{number}"));
    app.add_users(names()).await;
    for name in names() {
        app.is_let_in(HERE, &name).await;
    }
    for _ in 0..8 {
        app.is_let_in(HERE, "ada").await;
    }
    for _ in 0..5 {
        app.fail(HERE, "nobody").await;
    }
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.issuer.store.count_rows().await[..2], [3, 36], "only nobody's");
}

async fn nobody_is_turned_away_for_coming_with_many_who_are_right() {
    let app = App::start_behind_proxy().await;
    let names: Vec<_> = (0..40).map(|number| format!("user-{number}")).collect();
    app.add_users(names.iter().cloned()).await;
    let mut logins = JoinSet::new();
    // An office that opens in the morning, and one user with many devices.
    for name in names.into_iter().chain(std::iter::repeat_n("ada".to_owned(), 20)) {
        let body = json!({"username": name, "password": PASSWORD});
        let request = app.post("/login").header("x-forwarded-for", HERE).json(&body);
        logins.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    let statuses = logins.join_all().await;
    // A machine that is busy may say so; that is no throttle.
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.iter().filter(|status| **status == 200).count() > 30, "{statuses:?}");
}

async fn failures_survive_a_restart() {
    let app = App::start_behind_proxy().await;
    for _ in 0..5 {
        app.fail(HERE, "ada").await;
    }
    let database = app.stop().await;
    let app = App::start_in(database, &BEHIND_PROXY).await;
    app.is_turned_away(HERE, "ada", "30").await;
}

async fn who_has_logged_in_gets_in_again_after_the_clock_was_set_back() {
    for back in [1, 59, 60, 61, 120, 150, 290, 300, 330, 360, 3600] {
        let app = App::start_behind_proxy().await;
        app.is_let_in(HOME, "ada").await;
        app.clock.set_back(back);
        app.is_let_in(HOME, "ada").await;
        app.add_users(["grace".to_owned()].into_iter()).await;
        app.is_let_in(HOME, "grace").await;
    }
}

async fn what_was_counted_before_the_clock_was_set_back_locks_nobody_out() {
    for back in [61, 300, 3600, 7200] {
        let app = App::start_behind_proxy().await;
        app.storm_on("ada").await;
        for _ in 0..5 {
            app.fail(HERE, "nobody").await;
        }
        app.is_turned_away(HERE, "nobody", "30").await;
        app.clock.set_back(back);
        app.is_let_in(HERE, "ada").await;
        app.fail(HERE, "nobody").await;
    }
}

async fn clocks_of_two_processes_may_differ_by_a_minute() {
    let app = App::start_behind_proxy().await;
    for _ in 0..5 {
        app.fail(HERE, "nobody").await;
    }
    for _ in 0..3 {
        app.clock.set_back(60);
        app.is_turned_away(HERE, "nobody", "90").await;
        app.clock.advance(60);
        app.is_turned_away(HERE, "nobody", "30").await;
    }
    app.clock.advance(30);
    app.fail(HERE, "nobody").await;
    app.clock.set_back(30);
    let behind = app.start_beside(&BEHIND_PROXY).await;
    behind.is_turned_away(HERE, "nobody", "60").await;
    app.clock.advance(30);
    app.is_turned_away(HERE, "nobody", "30").await;
}

async fn two_processes_count_together() {
    let app = App::start_behind_proxy().await;
    let other = app.start_beside(&BEHIND_PROXY).await;
    for _ in 0..2 {
        app.fail(HERE, "ada").await;
        other.fail(HERE, "ada").await;
    }
    other.fail(HERE, "ada").await;
    app.is_turned_away(HERE, "ada", "30").await;
    other.is_turned_away(HERE, "ada", "30").await;
    app.is_let_in(HOME, "ada").await;
    assert_eq!(other.look(HOME, "ada").await, Look::Familiar);
}

async fn of_many_at_once_no_more_than_the_burst_is_hashed() {
    let app = App::start_behind_proxy().await;
    let other = app.start_beside(&BEHIND_PROXY).await;
    let mut logins = JoinSet::new();
    for number in 0..40 {
        let app = if number % 2 == 0 { &app } else { &other };
        let body = json!({"username": "ada", "password": "not the password"});
        let request = app.post("/login").header("x-forwarded-for", HERE).json(&body);
        logins.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    let statuses = logins.join_all().await;
    let count = |status| statuses.iter().filter(|one| **one == status).count();
    assert_eq!((count(401), count(429)), (5, 35), "{statuses:?}");
    assert_eq!(app.last_reasons(100).await.iter().filter(|reason| *reason == "wrong_password").count(), 5);
}

async fn who_hangs_up_has_paid() {
    let app = App::start_behind_proxy().await;
    let running = app.issuer.hasher.stop();
    let body = json!({"username": "ada", "password": "not the password"}).to_string();
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {HERE}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    for number in 1..=5 {
        let mut connection = TcpStream::connect(app.address).await.unwrap();
        connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let username = Username::parse("ada").unwrap();
        let attempt = app.issuer.attempt(&username, &App::origin(HERE)).unwrap();
        let now_ms = app.issuer.now().as_unix_secs() * 1000;
        let level = now_ms + Bucket::AccountAddress.limit().interval_ms() * number;
        let is_paid = async || {
            let levels = app.issuer.store.throttle_levels(&attempt, now_ms, app.issuer.now()).await.unwrap();
            levels.full.contains(&(Bucket::AccountAddress, level))
        };
        while !is_paid().await {
            tokio::task::yield_now().await;
        }
        drop(connection);
    }
    drop(running);
    app.is_turned_away(HERE, "ada", "30").await;
}

async fn who_gets_no_answer_has_nothing_counted() {
    let app = App::start_behind_proxy().await;
    let places: Vec<_> = std::iter::from_fn(|| app.issuer.hasher.admit().ok()).collect();
    for _ in 0..6 {
        app.log_in_from(HERE, "ada", PASSWORD).await.is_error(503, "busy");
    }
    drop(places);

    let running = app.issuer.hasher.stop();
    let login = app.log_in_from(HERE, "ada", PASSWORD);
    let given_up = async {
        while app.issuer.store.count_rows().await[0] == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(4)).await;
        tokio::time::resume();
    };
    let (answer, ()) = tokio::join!(login, given_up);
    answer.is_error(503, "busy");
    drop(running);

    for _ in 0..5 {
        app.fail(HERE, "ada").await;
    }
    app.is_turned_away(HERE, "ada", "30").await;
}

async fn of_ipv6_a_network_is_one_client() {
    let app = App::start_behind_proxy().await;
    for number in 0..5 {
        app.fail(&format!("2001:db8:1:1::{number}"), "ada").await;
    }
    app.is_turned_away("2001:db8:1:1:ffff::9", "ada", "30").await;
    app.is_let_in("2001:db8:1:2::9", "ada").await;

    // Whoever has a /48 can come from a new network each time, but not for ever.
    for number in 0..300 - 5 {
        let username = Username::parse(&format!("name-{number}")).unwrap();
        let attempt = app.issuer.attempt(&username, &App::origin(&format!("2001:db8:1:{number}::")));
        let charged = app.issuer.charge(attempt.as_ref(), false).await.unwrap();
        assert!(matches!(charged, Charging::Paid(_)), "{number}");
    }
    app.is_turned_away("2001:db8:1:ffff::", "grace", "1").await;
    app.is_let_in("2001:db8:1:2::1", "ada").await;
    app.is_let_in("2001:db8:2:1::", "ada").await;
}

async fn who_is_turned_away_costs_the_database_nothing() {
    let app = App::start_behind_proxy().await;
    for _ in 0..5 {
        app.fail(HERE, "ada").await;
    }
    let before = app.issuer.store.count_rows().await;
    app.is_turned_away(HERE, "ada", "30").await;
    assert_eq!(app.issuer.store.count_rows().await, before);
    app.issuer.store.close().await;
    app.is_turned_away(HERE, "ada", "30").await;
    app.log_in_from(HERE, "nobody", PASSWORD).await.is_error(503, "database_unavailable");
    assert_eq!(app.issuer.throttle.as_ref().unwrap().turned_away.count(), 2);
}

async fn every_refusal_leaves_as_much_in_the_database() {
    let app = App::start_behind_proxy().await;
    app.add_users(["grace".to_owned()].into_iter()).await;
    app.disable("grace").await;
    let mut before = app.issuer.store.count_rows().await;
    for (number, name) in ["nobody", "ada", "grace"].into_iter().enumerate() {
        let password = if name == "ada" { "not the password" } else { PASSWORD };
        let address = format!("192.0.2.{number}");
        app.log_in_from(&address, name, password).await.is_error(401, "invalid_credentials");
        let after = app.issuer.store.count_rows().await;
        let [buckets, familiar, events] = before;
        assert_eq!(after, [buckets + 3, familiar, events + 1], "{name}");
        before = after;
    }
}

async fn nothing_that_was_typed_is_kept() {
    let app = App::start_behind_proxy().await;
    app.fail(HERE, "typed-by-mistake").await;
    let contains = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let bytes = app.database.bytes();
    assert!(contains(&bytes, HERE), "looked into the right files");
    assert!(!contains(&bytes, "typed-by-mistake"));
}

async fn an_address_stays_familiar_for_thirty_days_after_its_last_use() {
    let app = App::start_behind_proxy().await;
    let mut session = app.is_let_in(HOME, "ada").await;
    assert_eq!(app.look(HOME, "ada").await, Look::Familiar);
    assert_eq!(app.look(HOME, "grace").await, Look::Unfamiliar);
    assert_eq!(app.look(HERE, "ada").await, Look::Unfamiliar);

    for day in [5, 10, 15] {
        app.clock.advance(5 * DAY);
        let body = json!({"refresh_token": session.refresh()});
        let address = if day == 15 { HERE } else { HOME };
        session = app.send(app.post("/refresh").header("x-forwarded-for", address).json(&body)).await;
        assert_eq!(session.status, 200);
    }
    assert_eq!(app.look(HERE, "ada").await, Look::Unfamiliar, "a refresh makes nothing familiar");
    app.clock.advance(25 * DAY - 1);
    assert_eq!(app.look(HOME, "ada").await, Look::Familiar);
    app.clock.advance(1);
    assert_eq!(app.look(HOME, "ada").await, Look::Unfamiliar);
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.issuer.store.count_rows().await[1], 0);
}

async fn of_familiar_addresses_the_latest_are_kept() {
    let app = App::start_behind_proxy().await;
    for number in 0..34 {
        app.is_let_in(&format!("192.0.2.{number}"), "ada").await;
        app.clock.advance(1);
    }
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.issuer.store.count_rows().await[1], 32);
    assert_eq!(app.look("192.0.2.1", "ada").await, Look::Unfamiliar);
    assert_eq!(app.look("192.0.2.2", "ada").await, Look::Familiar);
}

async fn empty_buckets_are_swept_away() {
    let app = App::start_behind_proxy().await;
    app.fail(HERE, "ada").await;
    app.fail(HERE, "ada").await;
    app.clock.advance(59);
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.issuer.store.count_rows().await[0], 2, "of the pair and of the account");
    app.clock.advance(61);
    app.issuer.sweep().await.unwrap();
    assert_eq!(app.issuer.store.count_rows().await[0], 0);
}

async fn an_account_can_be_unlocked_by_hand() {
    let app = App::start_behind_proxy().await;
    app.storm_on("ada").await;
    for _ in 0..5 {
        app.log_in_from(HERE, "ada", PASSWORD).await.is_error(401, "invalid_credentials");
    }
    app.is_turned_away(HERE, "ada", "30").await;

    let machine = Machine::on(Arc::clone(&app.database), app.clock.clone());
    let ended = std::thread::spawn(move || machine.run("user unlock ADA", "")).join().unwrap();
    assert_eq!(ended.done(), "unlocked ada");

    let since = token::Timestamp::from_unix_secs(0);
    let events = app.issuer.store.events(Some("id-of-ada"), since, 1).await.unwrap();
    assert_eq!((events[0].action.as_str(), events[0].actor.as_str()), ("user_unlocked", "command_line"));
    // The server remembers what it refused until then.
    app.clock.advance(30);
    app.is_let_in(HERE, "ada").await;
}

async fn with_a_stolen_token_no_password_is_guessed() {
    let app = App::start_behind_proxy().await;
    let token = app.is_let_in(HOME, "ada").await.access();
    let change = async |current: &str| {
        let body = json!({"current_password": current, "new_password": "another long password"});
        let request = app.post("/me/password").header("x-forwarded-for", HERE);
        app.send(request.bearer_auth(&token).json(&body)).await
    };
    for _ in 0..5 {
        change("not the password").await.is_error(403, "wrong_password");
    }
    let answer = change(PASSWORD).await;
    answer.is_error(429, "too_many_attempts");
    assert_eq!(answer.header("retry-after"), "30");
    app.is_let_in(HERE, "ada").await;
    app.clock.advance(30);
    assert_eq!(change(PASSWORD).await.status, 204);
}

async fn the_throttle_can_be_switched_off() {
    let settings = [BEHIND_PROXY[0], BEHIND_PROXY[1], ("LOGIN_THROTTLE", "off")];
    let app = App::start_with(&settings).await;
    for _ in 0..7 {
        app.fail(HERE, "ada").await;
    }
    app.is_let_in(HERE, "ada").await;
    assert_eq!(app.issuer.store.count_rows().await[..2], [0, 0]);
}

on_each_database! {
    an_address_has_thirty_failures_and_then_one_per_ten_seconds,
    an_account_has_five_failures_per_address_and_then_one_per_half_minute,
    a_storm_on_one_account_ends_in_401_for_all_but_the_owner,
    behind_one_address_a_neighbour_cannot_lock_out_who_is_known_there,
    who_is_right_has_nothing_counted,
    nobody_is_turned_away_for_coming_with_many_who_are_right,
    failures_survive_a_restart,
    who_has_logged_in_gets_in_again_after_the_clock_was_set_back,
    what_was_counted_before_the_clock_was_set_back_locks_nobody_out,
    clocks_of_two_processes_may_differ_by_a_minute,
    two_processes_count_together,
    of_many_at_once_no_more_than_the_burst_is_hashed,
    who_hangs_up_has_paid,
    who_gets_no_answer_has_nothing_counted,
    of_ipv6_a_network_is_one_client,
    who_is_turned_away_costs_the_database_nothing,
    every_refusal_leaves_as_much_in_the_database,
    nothing_that_was_typed_is_kept,
    an_address_stays_familiar_for_thirty_days_after_its_last_use,
    of_familiar_addresses_the_latest_are_kept,
    empty_buckets_are_swept_away,
    an_account_can_be_unlocked_by_hand,
    with_a_stolen_token_no_password_is_guessed,
    the_throttle_can_be_switched_off,
}
