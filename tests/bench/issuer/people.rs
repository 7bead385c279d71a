//! One issuer, those who have sessions with it, and those who have none yet.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    closed_loop::ASKING,
    issuer::{Database, Issuer, User},
    requests,
    wire::{Answer, Connection},
};

/// How many log in, one after the other and over again. A user may have a hundred
/// sessions: nobody has to make room for one.
const USERS: u32 = 2000;

pub(crate) struct People {
    pub(crate) database: &'static str,
    pub(crate) issuer: Issuer,
    /// That of a client, which may ask about tokens and revoke them.
    pub(crate) authorization: String,
    pub(crate) sessions: Vec<Session>,
    pub(crate) logins: Arc<Logins>,
}

/// What somebody got at the last refresh.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Whoever logs in next.
#[derive(Default)]
pub(crate) struct Logins {
    count: AtomicU32,
    /// The refresh tokens of sessions that nobody uses.
    pub(crate) unused: Mutex<Vec<String>>,
    /// How many were told to come back later.
    turned_away: AtomicU32,
}

impl People {
    pub(crate) async fn gather(database_name: &'static str, database: &Database) -> Self {
        let mut users: Vec<_> = (0..USERS).map(name).map(|name| User { name, disabled: false }).collect();
        let refreshing = |number| format!("refreshing-{number}");
        users.extend((0..ASKING).map(|number| User { name: refreshing(number), disabled: false }));
        let issuer = Issuer::start(database, &users);
        let logins = Arc::new(Logins::default());
        let mut connection = Connection::open(&issuer.address).await;
        let mut sessions = Vec::new();
        for number in 0..ASKING {
            let login = requests::login(&refreshing(number), logins.next());
            let answer = connection.send(&login).await.granted();
            sessions.push(Session {
                access: answer.text("access_token").to_owned(),
                refresh: answer.text("refresh_token").to_owned(),
            });
        }
        Self { database: database_name, issuer, authorization: client(database), sessions, logins }
    }
}

impl Logins {
    /// Lets the next one log in; `None` where the issuer is too busy for it,
    /// which whoever is turned away waits out as told.
    pub(crate) async fn log_in<'c>(&self, connection: &'c mut Connection) -> Option<Answer<'c>> {
        let answer = connection.send(&self.request()).await;
        if answer.status != 503 {
            return Some(answer.granted());
        }
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        let told = answer.retry_after.expect("a busy issuer says when to come back");
        tokio::time::sleep(told).await;
        None
    }

    pub(crate) fn turned_away(&self) -> u32 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// The request of somebody else from somewhere else than ever before.
    fn request(&self) -> String {
        let number = self.next();
        requests::login(&name(number % USERS), number)
    }

    fn next(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

fn name(number: u32) -> String {
    format!("user-{number}")
}

/// Adds a client, and returns what it sends to prove itself.
fn client(database: &Database) -> String {
    let added = database.command().args(["client", "add", "--name", "bench"]).output().expect("a client");
    let printed = String::from_utf8(added.stdout).expect("text");
    let field =
        |name: &str| printed.lines().find_map(|line| line.strip_prefix(name)).expect("a client").trim();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", field("id:"), field("secret:"))))
}
