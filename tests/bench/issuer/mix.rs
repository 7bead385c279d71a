//! A mixed load at a steady rate, and how long each kind of request takes.
//!
//! A request counts from when it was due and not from when it could be sent: a
//! client that is kept waiting must not ask less for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    people::{Logins, People, Session},
    requests,
    wire::Connection,
};

pub(crate) const KINDS: [&str; 5] = ["/login", "/refresh", "/introspect", "/revoke", "/healthz"];

/// How many of each per second.
pub(crate) const RATES: [f64; 5] = [12.0, 200.0, 400.0, 4.0, 20.0];

/// How many clients share each rate.
const CLIENTS: [u32; 5] = [16, 32, 16, 4, 2];

const WARM_UP: Duration = Duration::from_millis(500);

/// One client of the mix.
struct Client {
    connection: Connection,
    kind: usize,
    session: Session,
    authorization: String,
    logins: Arc<Logins>,
}

/// Returns the times of each kind in milliseconds.
pub(crate) async fn run(people: &mut People, window: Duration) -> [Vec<f64>; 5] {
    let began = Instant::now();
    let measured = began + WARM_UP..began + WARM_UP + window;
    let mut clients = JoinSet::new();
    for (kind, (rate, count)) in RATES.into_iter().zip(CLIENTS).enumerate() {
        for number in 0..count {
            let client = Client {
                connection: Connection::open(&people.issuer.address).await,
                kind,
                session: people.sessions[number as usize].clone(),
                authorization: people.authorization.clone(),
                logins: Arc::clone(&people.logins),
            };
            let pause = Duration::from_secs_f64(f64::from(count) / rate);
            let first = began + pause.mul_f64(f64::from(number) / f64::from(count));
            let measured = measured.clone();
            clients.spawn(async move {
                let (times, session) = work(client, first, pause, &measured).await;
                (kind, number, times, session)
            });
        }
    }
    let mut all: [Vec<f64>; 5] = Default::default();
    for (kind, number, times, session) in clients.join_all().await {
        all[kind].extend(times);
        if KINDS[kind] == "/refresh" {
            people.sessions[number as usize] = session;
        }
    }
    all
}

async fn work(
    mut client: Client,
    first: Instant,
    pause: Duration,
    measured: &std::ops::Range<Instant>,
) -> (Vec<f64>, Session) {
    let (mut times, mut due) = (Vec::new(), first);
    while due < measured.end {
        tokio::time::sleep_until(due.into()).await;
        if client.ask().await && measured.contains(&due) {
            times.push(due.elapsed().as_secs_f64() * 1000.0);
        }
        due += pause;
    }
    (times, client.session)
}

impl Client {
    /// Returns whether there was anything to ask, and an answer to it.
    async fn ask(&mut self) -> bool {
        let connection = &mut self.connection;
        match KINDS[self.kind] {
            "/login" => {
                let Some(answer) = self.logins.log_in(connection).await else { return false };
                let unused = answer.text("refresh_token").to_owned();
                self.logins.unused.lock().expect("the tokens").push(unused);
            }
            "/refresh" => {
                let answer = connection.send(&requests::refresh(&self.session.refresh)).await.granted();
                let [access, refresh] =
                    ["access_token", "refresh_token"].map(|name| answer.text(name).to_owned());
                self.session = Session { access, refresh };
            }
            "/introspect" => {
                let request = requests::introspect(&self.session.access, &self.authorization);
                connection.send(&request).await.granted();
            }
            "/revoke" => {
                let token = self.logins.unused.lock().expect("the tokens").pop();
                let Some(token) = token else { return false };
                connection.send(&requests::revoke(&token, &self.authorization)).await.granted();
            }
            _ => {
                connection.send(requests::HEALTHZ).await.granted();
            }
        }
        true
    }
}
