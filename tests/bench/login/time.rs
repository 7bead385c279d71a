//! Does the time of a refused login tell why it was refused?
//!
//! One login of each kind per round, in an order drawn anew each time, one at a
//! time. Compared are the times of two kinds by the probability that one of the
//! first takes longer than one of the second: 0.5 says that a client learns
//! nothing.

use std::time::Instant;

use serde_json::json;

use crate::{
    issuer::{Database, Issuer, PASSWORD, User},
    order::Order,
    statistics::quantile,
    superiority::superiority,
};

const ROUNDS: usize = 400;
const WARM_UP: usize = 20;

/// More failures than an account may have from unfamiliar addresses.
const FAILURES_THAT_LOCK: usize = 60;

/// One failure a minute leaks away, and the right password would be let in: a
/// locked account serves for so many rounds, far fewer than there are in a minute.
const ROUNDS_LOCKED: usize = 50;

const KINDS: [&str; 4] =
    ["unknown user", "wrong password", "disabled, right password", "locked, right password"];

pub(crate) async fn run() {
    let rounds = ROUNDS + WARM_UP;
    let named = |prefix: &str, disabled| {
        let name = move |number| format!("{prefix}-{number}");
        (0..rounds).map(move |number| User { name: name(number), disabled }).collect::<Vec<_>>()
    };
    let mut users = [named("known", false), named("disabled", true)].concat();
    let lock = |round| format!("locked-{}", round / ROUNDS_LOCKED);
    users.extend((0..rounds).step_by(ROUNDS_LOCKED).map(|round| User { name: lock(round), disabled: false }));
    let issuer = Issuer::start(&Database::file("login-time"), &users);
    let client = Client { http: reqwest::Client::new(), url: format!("http://{}/login", issuer.address) };
    let mut addresses = 0..u32::MAX;
    let mut next = move || addresses.next().unwrap_or_default();

    let mut times: [Vec<f64>; 4] = Default::default();
    let mut order = Order::new();
    for round in 0..rounds {
        let locked = lock(round);
        if round % ROUNDS_LOCKED == 0 {
            for _ in 0..FAILURES_THAT_LOCK {
                client.refused(&locked, "not the password", next()).await;
            }
        }
        for kind in order.shuffled() {
            let (name, password) = match kind {
                0 => (format!("unknown-{round}"), PASSWORD),
                1 => (format!("known-{round}"), "not the password"),
                2 => (format!("disabled-{round}"), PASSWORD),
                _ => (locked.clone(), PASSWORD),
            };
            let began = Instant::now();
            client.refused(&name, password, next()).await;
            if round >= WARM_UP {
                times[kind].push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }

    println!("time of a refused login, {ROUNDS} of each kind, in ms");
    for (kind, times) in KINDS.iter().zip(&times) {
        println!("  {kind:<26} median {:7.3}   p90 {:7.3}", quantile(times, 0.5), quantile(times, 0.9));
    }
    println!("probability that the first takes longer than the second (0.5: nothing to tell)");
    for (index, left) in times.iter().enumerate() {
        for (other, right) in times.iter().enumerate().skip(index + 1) {
            let (share, width) = superiority(left, right);
            println!("  {:<26} {:<26} {share:.3} +- {width:.3}", KINDS[index], KINDS[other]);
        }
    }
}

struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    /// Logs in from an address that was never seen before, in vain.
    async fn refused(&self, username: &str, password: &str, number: u32) {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 | (number & 0x00ff_ffff));
        let body = json!({"username": username, "password": password});
        let request = self.http.post(&self.url).header("x-forwarded-for", address.to_string());
        let answer = request.json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 401, "{username}");
        answer.bytes().await.expect("a body");
    }
}
