//! Two hundred clients try passwords for a minute: what does everybody else feel?
//!
//! First each attempt comes from an address of its own, so that nothing but the
//! queue of hashes turns it away; then all come from one address, as from behind
//! one proxy. Meanwhile other users refresh, and a monitor asks for `/healthz`; what
//! they feel without a storm is told too.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    issuer::{Database, Issuer, PASSWORD, User},
    memory::memory,
    statistics::quantile,
};

const ATTACKERS: usize = 200;
const STORM: Duration = Duration::from_mins(1);
const CALM: Duration = Duration::from_secs(15);
const VICTIMS: usize = 100;
const REFRESHING: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Between two refreshes of one user, and by how much it differs from user to user:
/// twenty of them ask about two hundred times a second together, what a hundred
/// thousand people would whose tokens last half an hour, and never all at once.
const REFRESH_PAUSE: Duration = Duration::from_millis(60);
const REFRESH_PAUSE_STEP: Duration = Duration::from_millis(3);

#[derive(Default)]
struct Tally {
    statuses: BTreeMap<u16, u64>,
    without_retry_after: u64,
}

pub(crate) async fn run() {
    let users: Vec<_> = (0..VICTIMS + REFRESHING)
        .map(|number| User { name: format!("user-{number}"), disabled: false })
        .collect();
    for (what, addresses) in [("each from an address of its own", true), ("all from one address", false)] {
        let issuer = Issuer::start(&Database::file("login-storm"), &users);
        println!("{ATTACKERS} clients try passwords for {} s, {what}", STORM.as_secs());
        storm(&issuer, addresses).await;
    }
}

async fn storm(issuer: &Issuer, own_addresses: bool) {
    let url = format!("http://{}", issuer.address);
    let mut tokens = Vec::new();
    for number in 0..REFRESHING {
        tokens.push(log_in(&url, VICTIMS + number).await);
    }
    let calm = Others::start(&url, tokens);
    tokio::time::sleep(CALM).await;
    let tokens = calm.stop("calm").await;
    let before = memory(issuer.id(), "VmRSS");

    let over = Arc::new(AtomicBool::new(false));
    let mut attackers = JoinSet::new();
    let count = Arc::new(AtomicU32::new(0));
    for _ in 0..ATTACKERS {
        let (url, over, count) = (url.clone(), Arc::clone(&over), Arc::clone(&count));
        attackers.spawn(async move { attack(&url, &over, &count, own_addresses).await });
    }
    let others = Others::start(&url, tokens);
    tokio::time::sleep(STORM).await;
    others.stop("storm").await;
    over.store(true, Ordering::Relaxed);

    let mut tally = Tally::default();
    for one in attackers.join_all().await {
        for (status, times) in one.statuses {
            *tally.statuses.entry(status).or_default() += times;
        }
        tally.without_retry_after += one.without_retry_after;
    }
    println!(
        "  attempts by status: {:?}; 429 or 503 without Retry-After: {}",
        tally.statuses, tally.without_retry_after
    );
    let mib = |kib: Option<u64>| kib.map_or(0, |kib| kib / 1024);
    println!(
        "  memory of the issuer: {} MiB before, {} MiB at most",
        mib(before),
        mib(memory(issuer.id(), "VmHWM"))
    );
}

/// Those who refresh, and the monitor.
struct Others {
    over: Arc<AtomicBool>,
    refreshing: JoinSet<(Vec<f64>, String)>,
    monitor: tokio::task::JoinHandle<Vec<f64>>,
}

impl Others {
    fn start(url: &str, tokens: Vec<String>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut refreshing = JoinSet::new();
        for (number, token) in (0..).zip(tokens) {
            let (url, over) = (url.to_owned(), Arc::clone(&over));
            let pause = REFRESH_PAUSE + REFRESH_PAUSE_STEP * number;
            refreshing.spawn(async move { refresh(&url, token, pause, &over).await });
        }
        let (url, until) = (url.to_owned(), Arc::clone(&over));
        let monitor = tokio::spawn(async move { healthz(&url, &until).await });
        Self { over, refreshing, monitor }
    }

    /// Says what they felt, and returns the refresh tokens that are good now.
    async fn stop(self, when: &str) -> Vec<String> {
        self.over.store(true, Ordering::Relaxed);
        let (refreshes, tokens): (Vec<_>, Vec<_>) = self.refreshing.join_all().await.into_iter().unzip();
        for (name, times) in
            [("/refresh", refreshes.concat()), ("/healthz", self.monitor.await.expect("the monitor"))]
        {
            println!(
                "  {when}: {name}: {} answers, ms: median {:.2}, p99 {:.2}, longest {:.2}",
                times.len(),
                quantile(&times, 0.5),
                quantile(&times, 0.99),
                quantile(&times, 1.0)
            );
        }
        tokens
    }
}

async fn attack(url: &str, over: &AtomicBool, count: &AtomicU32, own_addresses: bool) -> Tally {
    let http = reqwest::Client::new();
    let mut tally = Tally::default();
    while !over.load(Ordering::Relaxed) {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let address = if own_addresses { 0x0a00_0000 | (number & 0x00ff_ffff) } else { 0x0a00_0001 };
        let user = number as usize % VICTIMS;
        let body = json!({"username": format!("user-{user}"), "password": format!("guess {number}")});
        let request = http
            .post(format!("{url}/login"))
            .header("x-forwarded-for", std::net::Ipv4Addr::from(address).to_string());
        let answer = request.json(&body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        *tally.statuses.entry(status).or_default() += 1;
        if [429, 503].contains(&status) {
            if !answer.headers().contains_key("retry-after") {
                tally.without_retry_after += 1;
            }
            // A client that is turned away tries again soon, not at once: on one
            // machine it would otherwise take the time that is measured.
            tokio::time::sleep(PAUSE).await;
        }
        answer.bytes().await.expect("a body");
    }
    tally
}

async fn log_in(url: &str, user: usize) -> String {
    let body = json!({"username": format!("user-{user}"), "password": PASSWORD});
    let http = reqwest::Client::new();
    let answer = http.post(format!("{url}/login")).json(&body).send().await.expect("an answer");
    token_of(answer).await
}

async fn refresh(url: &str, mut token: String, pause: Duration, over: &AtomicBool) -> (Vec<f64>, String) {
    let http = reqwest::Client::new();
    let mut times = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let request = http.post(format!("{url}/refresh")).json(&json!({"refresh_token": token}));
        token = token_of(request.send().await.expect("an answer")).await;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(pause).await;
    }
    (times, token)
}

async fn healthz(url: &str, over: &AtomicBool) -> Vec<f64> {
    let http = reqwest::Client::new();
    let mut times = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = http.get(format!("{url}/healthz")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(PAUSE).await;
    }
    times
}

async fn token_of(answer: reqwest::Response) -> String {
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.expect("a body");
    body["refresh_token"].as_str().expect("a token").to_owned()
}
