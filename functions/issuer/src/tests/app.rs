//! An issuer to test, and what a client does with it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use registry::{Consumers, Revocation, Standing};
use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use token::{Credential, KeyClaim, Moment, Principal, Role, Timestamp};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use zeroize::Zeroizing;

use super::database::TestDatabase;
use crate::{
    audit::{Action, Actor, AuditEvent},
    issuer::Issuer,
    lookup::{Answer as Lookedup, Lookup, LookupFailed},
    origin::Origin,
    password::NewPassword,
    password_hash::StoredHash,
    revoker::{Confirmation, NotConfirmed, Revoker},
    server::serve,
    settings::ServeSettings,
    start::Surroundings,
    store::{AuditRow, LastAdministrator, When},
    user::{User, UserChange, Username},
};

pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(super) const PASSWORD: &str = "a horse, a battery and a staple";
pub(super) const ADMIN_PASSWORD: &str = "what an administrator knows";
const NOON: i64 = 1_750_000_000;

/// A running issuer with one user, `ada`.
pub(super) struct App {
    pub(super) issuer: Arc<Issuer>,
    pub(super) registry: Arc<FakeRegistry>,
    pub(super) clock: TestClock,
    pub(super) database: Arc<TestDatabase>,
    pub(super) address: std::net::SocketAddr,
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) server: JoinHandle<()>,
    client: Client,
}

/// What a client got.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

/// Seconds since noon, moved by hand.
#[derive(Clone, Default)]
pub(super) struct TestClock {
    passed: Arc<AtomicU64>,
    set_back: Arc<AtomicU64>,
}

/// Remembers what was revoked, and can be down.
#[derive(Default)]
pub(super) struct FakeRegistry {
    pub(super) down: AtomicBool,
    pub(super) revoked: Mutex<Vec<(Revocation, Timestamp)>>,
    pub(super) credentials: Mutex<Vec<Arc<Credential>>>,
}

impl App {
    pub(super) async fn start() -> Self {
        Self::start_with(&[("JWT_SECRET", SECRET), ("AUTH_TABLE", "revocations")]).await
    }

    pub(super) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new();
        let app = Self::start_in(database, settings).await;
        app.add_user("ada", PASSWORD).await;
        app
    }

    pub(super) async fn start_in(database: impl Into<Arc<TestDatabase>>, given: &[(&str, &str)]) -> Self {
        Self::start_at(TestClock::default(), database.into(), given, None).await
    }

    /// With consumers in a table.
    pub(super) async fn start_over(given: &[(&str, &str)], consumers: Consumers) -> Self {
        let database = TestDatabase::new().into();
        Self::start_at(TestClock::default(), database, given, Some(consumers)).await
    }

    /// Starts another process on the same database.
    pub(super) async fn start_beside(&self, given: &[(&str, &str)]) -> Self {
        Self::start_at(self.clock.clone(), Arc::clone(&self.database), given, None).await
    }

    async fn start_at(
        clock: TestClock,
        database: Arc<TestDatabase>,
        given: &[(&str, &str)],
        consumers: Option<Consumers>,
    ) -> Self {
        let url = database.url();
        let environment = |name: &str| {
            let own = [
                ("JWT_ISSUER", "https://auth.example.com"),
                ("JWT_AUDIENCE", "chatbot"),
                ("DATABASE_URL", url.as_str()),
            ];
            let found = given.iter().chain(&own).find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = ServeSettings::read(&environment).unwrap();
        let registry = Arc::new(FakeRegistry::default());
        let surroundings = {
            let registry = Arc::clone(&registry);
            async |keys, table: Option<String>| Surroundings {
                keys: keys::KeyCache::new(keys, None),
                revoker: table.clone().map(|_| Arc::clone(&registry) as Arc<dyn Revoker>),
                consumers,
                lookup: table.map(|_| registry as Arc<dyn Lookup>),
            }
        };
        let issuer = Issuer::start(settings, surroundings, clock.as_clock(), 2).await;
        let issuer = Arc::new(issuer.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        // Connections only: deliveries happen when a test says so.
        let server = tokio::spawn({
            let issuer = Arc::clone(&issuer);
            async move {
                serve(&issuer, listener, async { drop(stopped.await) }).await;
                issuer.store.close().await;
            }
        });
        Self { issuer, registry, clock, database, address, stop: Some(stop), server, client: Client::new() }
    }

    pub(super) async fn add_user(&self, name: &str, password: &str) {
        self.add_user_as(name, password, Role::User).await;
    }

    pub(super) async fn add_user_as(&self, name: &str, password: &str, role: Role) {
        let user = self.user(name, role);
        let password = NewPassword::parse(Zeroizing::new(password.into()), &user).unwrap();
        self.add_user_with(&user, &password.hash().unwrap()).await;
    }

    pub(super) async fn add_user_with(&self, user: &User, hash: &StoredHash) {
        let username = Username::parse(&user.username).unwrap();
        let store = &self.issuer.store;
        store.add_user(user, &username, hash, &event(Action::UserCreated)).await.unwrap();
    }

    /// A user who is not there yet.
    pub(super) fn user(&self, name: &str, role: Role) -> User {
        User {
            id: format!("id-of-{name}"),
            username: name.into(),
            name: Some("Ada L.".into()),
            email: Some("ada@example.com".into()),
            role,
            created_at: self.issuer.now(),
            disabled_at: None,
        }
    }

    pub(super) async fn disable(&self, name: &str) {
        self.set_disabled(name, true).await;
    }

    pub(super) async fn enable(&self, name: &str) {
        self.set_disabled(name, false).await;
    }

    async fn set_disabled(&self, name: &str, disabled: bool) {
        self.set_disabled_id(&format!("id-of-{name}"), disabled).await;
    }

    pub(super) async fn disable_id(&self, id: &str) {
        self.set_disabled_id(id, true).await;
    }

    async fn set_disabled_id(&self, id: &str, disabled: bool) {
        let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
        let event = event(Action::ProfileChanged).about(id);
        let now = self.issuer.now();
        let (store, when) = (&self.issuer.store, When { now, first_attempt_at: now });
        store.change_user(id, &change, LastAdministrator::MayGo, &event, when).await.unwrap();
    }

    pub(super) async fn log_in(&self, username: &str, password: &str) -> Answer {
        let body = json!({"username": username, "password": password});
        self.send(self.post("/login").json(&body)).await
    }

    /// Logs in as through a proxy that names this client.
    pub(super) async fn log_in_from(&self, address: &str, username: &str, password: &str) -> Answer {
        let body = json!({"username": username, "password": password});
        self.send(self.post("/login").header("x-forwarded-for", address).json(&body)).await
    }

    /// Logs `ada` in, who is let in.
    pub(super) async fn ada(&self) -> Answer {
        let answer = self.log_in("ada", PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    }

    /// Adds an administrator and returns an access token of theirs.
    pub(super) async fn administrator(&self, name: &str) -> String {
        self.add_user_as(name, ADMIN_PASSWORD, Role::Admin).await;
        let answer = self.log_in(name, ADMIN_PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.access()
    }

    pub(super) async fn refresh(&self, refresh_token: &str) -> Answer {
        let body = json!({"refresh_token": refresh_token});
        self.send(self.post("/refresh").json(&body)).await
    }

    pub(super) async fn log_out(&self, access_token: &str, scope: &str) -> Answer {
        let request = self.post("/logout").bearer_auth(access_token);
        self.send(request.json(&json!({"scope": scope}))).await
    }

    pub(super) async fn me(&self, access_token: &str) -> Answer {
        self.send(self.get("/me").bearer_auth(access_token)).await
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("http://{}{path}", self.address))
    }

    pub(super) fn delete(&self, path: &str) -> RequestBuilder {
        self.client.delete(format!("http://{}{path}", self.address))
    }

    pub(super) fn patch(&self, path: &str) -> RequestBuilder {
        self.client.patch(format!("http://{}{path}", self.address))
    }

    pub(super) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// The audit so far in the order in which it happened: what, the outcome,
    /// whom it was done to and why.
    pub(super) async fn audit(&self) -> Vec<String> {
        let all = self.issuer.store.events(None, Timestamp::from_unix_secs(0), 1000).await.unwrap();
        let line = |event: &AuditRow| {
            let subject = event.subject.as_deref().unwrap_or("nobody");
            let reason = event.reason.as_deref().unwrap_or_default();
            format!("{} {} {subject} {reason}", event.action, event.outcome).trim_end().to_owned()
        };
        all.iter().rev().map(line).collect()
    }

    /// Stops the server, waits for it, and returns the database it leaves.
    pub(super) async fn stop(mut self) -> Arc<TestDatabase> {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.await.unwrap();
        self.database
    }
}

/// An event of the command line, which tests stand for.
pub(super) fn event(action: Action) -> AuditEvent {
    AuditEvent::new(action, Actor::CommandLine, &Origin::command_line())
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(super) fn field(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap().to_owned()
    }

    pub(super) fn access(&self) -> String {
        self.field("access_token")
    }

    pub(super) fn refresh(&self) -> String {
        self.field("refresh_token")
    }

    /// The pair, where two answers have to hold the same one.
    pub(super) fn pair(&self) -> (String, String) {
        assert_eq!(self.status, 200, "{}", self.text);
        (self.access(), self.refresh())
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn is_error(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.field("error"), code);
        assert!(!self.field("message").is_empty());
        assert_eq!(self.header("content-type"), "application/json");
    }
}

impl TestClock {
    pub(super) fn advance(&self, secs: u64) {
        self.passed.fetch_add(secs, Ordering::Relaxed);
    }

    /// What an operator does, or a time server.
    pub(super) fn set_back(&self, secs: u64) {
        self.set_back.fetch_add(secs, Ordering::Relaxed);
    }

    pub(super) fn as_clock(&self) -> crate::issuer::Clock {
        let clock = self.clone();
        Arc::new(move || clock.moment())
    }

    pub(super) fn moment(&self) -> Moment {
        let secs = self.passed.load(Ordering::Relaxed);
        Moment {
            subsec_millis: 0,
            wall: Timestamp::from_unix_secs(NOON).plus(secs).minus(self.set_back.load(Ordering::Relaxed)),
            monotonic: Duration::from_secs(secs),
        }
    }
}

impl FakeRegistry {
    fn is_up(&self) -> Result<(), LookupFailed> {
        if self.down.load(Ordering::Relaxed) { Err(LookupFailed("it is down".into())) } else { Ok(()) }
    }

    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    /// The sessions that were revoked, in order, each with the seconds after
    /// noon until which it is kept.
    pub(super) fn sessions(&self) -> Vec<(String, u64)> {
        let revoked = self.revoked.lock().unwrap();
        let session = |(revocation, until): &(Revocation, Timestamp)| match revocation {
            Revocation::Session { sid } => (sid.clone(), until.secs_since(Timestamp::from_unix_secs(NOON))),
            other => panic!("{other:?}"),
        };
        revoked.iter().map(session).collect()
    }
}

impl Lookup for FakeRegistry {
    fn credential<'a>(&'a self, claim: &'a KeyClaim, _: Moment) -> Lookedup<'a, Option<Arc<Credential>>> {
        Box::pin(async move {
            self.is_up()?;
            let credentials = self.credentials.lock().unwrap();
            Ok(credentials.iter().find(|credential| credential.key() == claim.key()).cloned())
        })
    }

    fn standing<'a>(&'a self, principal: &'a Principal, now: Moment) -> Lookedup<'a, Standing> {
        Box::pin(async move {
            self.is_up()?;
            let revoked = self.revoked.lock().unwrap();
            let covers = |(revocation, until): &(Revocation, Timestamp)| {
                let named = match revocation {
                    Revocation::Token { jti } => principal.jti() == Some(jti),
                    Revocation::Session { sid } => principal.sid() == Some(sid),
                    Revocation::Subject { sub, not_before } => {
                        principal.id() == sub && principal.issued_at().is_none_or(|at| at < *not_before)
                    }
                    Revocation::Credential { .. } => false,
                };
                named && now.wall < *until
            };
            Ok(if revoked.iter().any(covers) { Standing::Revoked } else { Standing::Good })
        })
    }
}

impl Revoker for FakeRegistry {
    fn revoke<'a>(&'a self, revocation: &'a Revocation, until: Timestamp) -> Confirmation<'a> {
        Box::pin(async move {
            if self.down.load(Ordering::Relaxed) {
                return Err(NotConfirmed("it is down".into()));
            }
            self.revoked.lock().unwrap().push((revocation.clone(), until));
            Ok(())
        })
    }
}
