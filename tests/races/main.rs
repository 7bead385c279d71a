//! Refreshing under races, load and crashes, with the issuer as a process of its
//! own, on SQLite and on PostgreSQL: no session that was answered is lost, and
//! no token is good in two hands.

mod client;
mod issuer;
mod postgres;

use client::{Client, Pair};
use issuer::Issuer;
use postgres::Postgres;
use reqwest::StatusCode;
use tokio::task::JoinSet;

/// How many clients are busy at once.
const AT_ONCE: usize = 16;

async fn log_in(issuer: &Issuer, users: usize) -> Vec<Client> {
    let (http, addresses) = (reqwest::Client::new(), issuer.addresses());
    let mut clients = Vec::with_capacity(users);
    let mut logins = JoinSet::new();
    for user in 0..users {
        if logins.len() == AT_ONCE {
            clients.push(logins.join_next().await.unwrap().unwrap());
        }
        let (http, addresses) = (http.clone(), addresses.clone());
        logins.spawn(async move { Client::log_in(&http, &addresses, user).await });
    }
    clients.extend(logins.join_all().await);
    clients
}

/// A token from before the last two refreshes ends its session, and all of it.
async fn reuse_ends_the_session(client: &mut Client, old: &str) {
    assert_eq!(client.send_refresh(old).await.status, 401);
    let newest = client.pair.refresh.clone();
    assert_eq!(client.send_refresh(&newest).await.status, 401);
}

async fn a_hundred_refreshes_of_one_token_give_one_pair(issuer: Issuer) {
    let mut client = log_in(&issuer, 1).await.pop().unwrap();
    let first = client.pair.refresh.clone();
    let http = reqwest::Client::new();
    let mut refreshes = JoinSet::new();
    for _ in 0..100 {
        let (http, addresses, token) = (http.clone(), issuer.addresses(), first.clone());
        refreshes.spawn(async move {
            let address = addresses.borrow().clone().unwrap();
            let body = serde_json::json!({"refresh_token": token});
            let answer = http.post(format!("http://{address}/refresh")).json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let body: serde_json::Value = answer.json().await.unwrap();
            ["access_token", "refresh_token"].map(|name| body[name].as_str().unwrap().to_owned())
        });
    }
    let mut pairs = refreshes.join_all().await;
    pairs.sort();
    pairs.dedup();
    assert_eq!(pairs.len(), 1, "everybody got the same pair");

    let [access, refresh] = pairs.pop().unwrap();
    client.pair = Pair { access, refresh };
    client.refresh().await;
    reuse_ends_the_session(&mut client, &first).await;
}

async fn a_thousand_users_refresh_at_once_and_keep_their_sessions(issuer: Issuer) {
    const USERS: usize = 1000;
    const ROUNDS: usize = 5;

    let clients = log_in(&issuer, USERS).await;
    let mut refreshing = JoinSet::new();
    for mut client in clients {
        refreshing.spawn(async move {
            let first = client.pair.refresh.clone();
            let mut seen = vec![first.clone()];
            for _ in 0..ROUNDS {
                client.refresh().await;
                assert!(!seen.contains(&client.pair.refresh), "a new token each time");
                seen.push(client.pair.refresh.clone());
            }
            (client, first)
        });
    }
    let done = refreshing.join_all().await;
    assert_eq!(done.len(), USERS);
    for (mut client, first) in done.into_iter().take(20) {
        reuse_ends_the_session(&mut client, &first).await;
    }
}

/// Clients refresh without a pause, and some log out, while `crash` happens
/// again and again.
async fn nothing_that_was_answered_is_lost(mut issuer: Issuer, crash: &mut impl AsyncFnMut(&mut Issuer)) {
    const USERS: usize = 40;
    const CRASHES: usize = 6;

    let mut refreshing = JoinSet::new();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let progress = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    for (number, mut client) in log_in(&issuer, USERS).await.into_iter().enumerate() {
        let (stopped, progress) = (stopped.clone(), progress.clone());
        refreshing.spawn(async move {
            let first = client.pair.refresh.clone();
            let leaves_after = if number % 4 == 0 { 1 + number / 4 } else { usize::MAX };
            let mut refreshes = 0;
            while !*stopped.borrow() && refreshes < leaves_after {
                client.refresh().await;
                refreshes += 1;
                progress.add_permits(1);
            }
            if refreshes >= leaves_after {
                // Sent again after a crash, it may find the session ended.
                let answer = client.log_out().await;
                let ended = [StatusCode::NO_CONTENT, StatusCode::UNAUTHORIZED];
                assert!(ended.contains(&answer.status), "{answer:?}");
                (client, first, true)
            } else {
                (client, first, false)
            }
        });
    }
    for _ in 0..CRASHES {
        // In the middle of work: so many more refreshes have been answered.
        progress.acquire_many(100).await.unwrap().forget();
        crash(&mut issuer).await;
    }
    stop.send_replace(true);

    let mut left = 0;
    for (mut client, first, logged_out) in refreshing.join_all().await {
        if logged_out {
            left += 1;
            let newest = client.pair.refresh.clone();
            assert_eq!(client.send_refresh(&newest).await.status, 401, "a logout stays one");
        } else {
            client.refresh().await;
            client.refresh().await;
            reuse_ends_the_session(&mut client, &first).await;
        }
    }
    assert!(left > 0, "some logged out");
}

async fn kill(issuer: &mut Issuer) {
    issuer.kill().await;
    issuer.start_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_token_raced_a_hundred_times_gives_one_pair() {
    a_hundred_refreshes_of_one_token_give_one_pair(Issuer::start(None, 1).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_a_token_raced_a_hundred_times_gives_one_pair() {
    let Some(postgres) = Postgres::start() else { return };
    a_hundred_refreshes_of_one_token_give_one_pair(Issuer::start(Some(&postgres.url), 1).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_thousand_users_refresh_at_once() {
    a_thousand_users_refresh_at_once_and_keep_their_sessions(Issuer::start(None, 1000).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_a_thousand_users_refresh_at_once() {
    let Some(postgres) = Postgres::start() else { return };
    let issuer = Issuer::start(Some(&postgres.url), 1000).await;
    a_thousand_users_refresh_at_once_and_keep_their_sessions(issuer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_killed_issuer_loses_nothing_that_it_answered() {
    nothing_that_was_answered_is_lost(Issuer::start(None, 40).await, &mut kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_a_killed_issuer_loses_nothing_that_it_answered() {
    let Some(postgres) = Postgres::start() else { return };
    let issuer = Issuer::start(Some(&postgres.url), 40).await;
    nothing_that_was_answered_is_lost(issuer, &mut kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_and_comes_back_loses_nothing_that_was_answered() {
    let Some(mut postgres) = Postgres::start() else { return };
    let issuer = Issuer::start(Some(&postgres.url), 40).await;
    nothing_that_was_answered_is_lost(issuer, &mut async |_: &mut Issuer| {
        postgres.crash();
        postgres.start_again();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_issuers_on_one_database_are_one() {
    let Some(postgres) = Postgres::start() else { return };
    let (one, other) =
        (Issuer::start(Some(&postgres.url), 1).await, Issuer::start(Some(&postgres.url), 1).await);
    let mut here = log_in(&one, 1).await.pop().unwrap();
    let mut there = log_in(&other, 1).await.pop().unwrap();
    let first = here.pair.refresh.clone();
    for _ in 0..10 {
        let raced = here.pair.refresh.clone();
        let (a, b) = tokio::join!(here.send_refresh(&raced), there.send_refresh(&raced));
        assert_eq!(a.pair(), b.pair(), "whichever is asked");
        here.pair = a.pair();
    }
    reuse_ends_the_session(&mut here, &first).await;
    let newest = here.pair.refresh.clone();
    assert_eq!(there.send_refresh(&newest).await.status, 401);
}
