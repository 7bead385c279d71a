//! Clients that ask again as soon as they have their answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    busy::{Busy, Stand},
    people::{People, Session},
    requests,
    wire::Connection,
};

/// How many log in at once: enough that every core has a hash to do whenever
/// nothing else wants it, and fewer than the issuer lets wait.
pub(crate) const LOGGING_IN: usize = 16;

/// How many refresh or ask at once, each with a session of its own.
pub(crate) const ASKING: usize = 64;

/// Until all clients are at it.
const WARM_UP: Duration = Duration::from_millis(500);

/// What clients did in some time.
#[derive(Clone, Copy)]
pub(crate) struct Done {
    pub(crate) logins: f64,
    /// Refreshes or introspections.
    pub(crate) others: f64,
    pub(crate) busy: Busy,
}

/// Which clients there are.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clients {
    pub(crate) logging_in: usize,
    pub(crate) refreshing: usize,
    pub(crate) introspecting: usize,
}

/// What all clients look at.
#[derive(Default)]
struct Shared {
    over: AtomicBool,
    logins: AtomicU64,
    others: AtomicU64,
}

/// Lets the clients work, and counts what is answered within the window.
pub(crate) async fn run(people: &mut People, clients: Clients, window: Duration) -> Done {
    let shared = Arc::new(Shared::default());
    let address = &people.issuer.address;
    let mut at_work = JoinSet::new();
    for _ in 0..clients.logging_in {
        let (mut connection, shared) = (Connection::open(address).await, Arc::clone(&shared));
        let logins = Arc::clone(&people.logins);
        at_work.spawn(async move {
            while !shared.over.load(Ordering::Relaxed) {
                if logins.log_in(&mut connection).await.is_some() {
                    shared.logins.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    let mut refreshing = JoinSet::new();
    for (number, session) in people.sessions.iter().take(clients.refreshing).cloned().enumerate() {
        let (connection, shared) = (Connection::open(address).await, Arc::clone(&shared));
        refreshing.spawn(async move { (number, refresh(connection, session, &shared).await) });
    }
    for session in people.sessions.iter().take(clients.introspecting) {
        let (mut connection, shared) = (Connection::open(address).await, Arc::clone(&shared));
        let request = requests::introspect(&session.access, &people.authorization);
        at_work.spawn(async move {
            while !shared.over.load(Ordering::Relaxed) {
                let answer = connection.send(&request).await.granted();
                assert!(answer.body.starts_with(br#"{"active":true"#), "a good token");
                shared.others.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    tokio::time::sleep(WARM_UP).await;
    let count = || [&shared.logins, &shared.others].map(|count| count.load(Ordering::Relaxed));
    let (before, stand, began) = (count(), Stand::now(people.issuer.id()), Instant::now());
    tokio::time::sleep(window).await;
    let (after, busy, took) = (count(), stand.busy_since(), began.elapsed().as_secs_f64());
    shared.over.store(true, Ordering::Relaxed);
    at_work.join_all().await;
    for (number, session) in refreshing.join_all().await {
        people.sessions[number] = session;
    }
    let per_second = |which: usize| (after[which] - before[which]) as f64 / took;
    Done { logins: per_second(0), others: per_second(1), busy }
}

async fn refresh(mut connection: Connection, mut session: Session, shared: &Shared) -> Session {
    while !shared.over.load(Ordering::Relaxed) {
        let answer = connection.send(&requests::refresh(&session.refresh)).await.granted();
        let refresh = answer.text("refresh_token");
        assert_ne!(refresh, session.refresh, "a new token each time");
        session = Session { access: answer.text("access_token").to_owned(), refresh: refresh.to_owned() };
        shared.others.fetch_add(1, Ordering::Relaxed);
    }
    session
}
