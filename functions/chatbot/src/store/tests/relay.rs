//! What stands between the store and the table, and behaves as it is told.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Says what becomes of a call.
pub(super) type Behaviour = fn(&Call) -> Fate;

pub(super) struct Call {
    pub(super) operation: String,
    pub(super) body: Value,
    /// How many calls of the same operation there were before.
    pub(super) before: usize,
}

pub(super) enum Fate {
    Passes,
    /// It is done, and its answer lost.
    LosesItsAnswer,
    Answered(u16, String),
    /// It waits until it is let go.
    Waits,
}

#[derive(Clone)]
pub(super) struct Relay {
    client: reqwest::Client,
    table: String,
    told: Arc<Mutex<Told>>,
    waits: Arc<Notify>,
    goes: Arc<Notify>,
}

struct Told {
    behaviour: Behaviour,
    calls: Vec<String>,
}

pub(super) fn passes(_: &Call) -> Fate {
    Fate::Passes
}

/// An error with a text that is nobody's to see.
pub(super) fn fault(status: u16, code: &str) -> Fate {
    let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
    Fate::Answered(status, json!({"__type": code, "message": "tell nobody"}).to_string())
}

/// A transaction that was canceled for these reasons.
pub(super) fn canceled(reasons: &[&str]) -> Fate {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({"Code": code})).collect();
    let code = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    let body = json!({"__type": code, "message": "tell nobody", "CancellationReasons": reasons});
    Fate::Answered(400, body.to_string())
}

impl Relay {
    /// Relays to `table`, and returns where.
    pub(super) async fn start(table: String) -> (Self, String) {
        let relay = Self {
            client: reqwest::Client::new(),
            table,
            told: Arc::new(Mutex::new(Told { behaviour: passes, calls: Vec::new() })),
            waits: Arc::default(),
            goes: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(relay.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (relay, endpoint)
    }

    /// Behaves like this from now on, and counts anew.
    pub(super) fn behave(&self, behaviour: Behaviour) {
        *self.told.lock().unwrap() = Told { behaviour, calls: Vec::new() };
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.told.lock().unwrap().calls.clone()
    }

    /// Does `call` as `behaviour` says, and `other` when a request of it waits.
    pub(super) async fn meanwhile<T>(
        &self,
        behaviour: Behaviour,
        call: impl Future<Output = T>,
        other: impl Future<Output = ()>,
    ) -> T {
        self.behave(behaviour);
        let other = async {
            self.waits.notified().await;
            other.await;
            self.goes.notify_one();
        };
        tokio::join!(call, other).0
    }

    async fn pass(&self, headers: HeaderMap, body: String) -> (StatusCode, String) {
        let mut request = self.client.post(&self.table).body(body);
        for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
            request = request.header(name, headers[name].clone());
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

async fn answer(State(relay): State<Relay>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let fate = {
        let mut told = relay.told.lock().unwrap();
        let before = told.calls.iter().filter(|call| **call == operation).count();
        told.calls.push(operation.clone());
        (told.behaviour)(&Call { operation, body: serde_json::from_str(&body).unwrap(), before })
    };
    if matches!(fate, Fate::Waits) {
        relay.waits.notify_one();
        relay.goes.notified().await;
    }
    match fate {
        Fate::Passes | Fate::Waits => relay.pass(headers, body).await,
        Fate::LosesItsAnswer => {
            relay.pass(headers, body).await;
            (StatusCode::INTERNAL_SERVER_ERROR, "{}".into())
        }
        Fate::Answered(status, body) => (StatusCode::from_u16(status).unwrap(), body),
    }
}
