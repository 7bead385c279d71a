//! What stands between the registry and the table, and behaves as it is told.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Says what becomes of a call.
pub(crate) type Behaviour = fn(&Call) -> Fate;

pub(crate) struct Call {
    pub(crate) operation: String,
    /// How many calls of the same operation there were before.
    pub(crate) before: usize,
}

pub(crate) enum Fate {
    Passes,
    /// It is done, and its answer lost.
    LosesItsAnswer,
    Answered(u16, Value),
    /// It waits until it is let go.
    Waits,
    /// It is answered as the first call of its operation was.
    AnsweredAsBefore,
}

#[derive(Clone)]
pub(crate) struct Relay {
    client: reqwest::Client,
    table: String,
    state: Arc<Mutex<Told>>,
    waits: Arc<Notify>,
    goes: Arc<Notify>,
}

struct Told {
    behaviour: Behaviour,
    calls: Vec<String>,
    answers: Vec<(String, String)>,
}

pub(crate) fn passes(_: &Call) -> Fate {
    Fate::Passes
}

pub(crate) fn fault(status: u16, code: &str) -> Fate {
    let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
    Fate::Answered(status, json!({"__type": code, "message": "0123456789abcdef0123456789abcdef"}))
}

/// A transaction that was canceled for these reasons.
pub(crate) fn canceled(reasons: &[&str]) -> Fate {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({"Code": code})).collect();
    let code = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Fate::Answered(400, json!({"__type": code, "message": "canceled", "CancellationReasons": reasons}))
}

impl Relay {
    /// Relays to `table`, and returns where.
    pub(crate) async fn start(table: String) -> (Self, String) {
        let told = Told { behaviour: passes, calls: Vec::new(), answers: Vec::new() };
        let relay = Self {
            client: reqwest::Client::new(),
            table,
            state: Arc::new(Mutex::new(told)),
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
    pub(crate) fn behave(&self, behaviour: Behaviour) {
        let mut told = self.state.lock().unwrap();
        told.behaviour = behaviour;
        told.calls.clear();
    }

    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|call| *call == operation).count()
    }

    /// Does `call`, and `other` when the first write of `call` is worked out and
    /// under way.
    pub(crate) async fn meanwhile<T>(
        &self,
        call: impl Future<Output = T>,
        other: impl Future<Output = ()>,
    ) -> T {
        self.behave(|call| match call.operation.as_str() {
            "TransactWriteItems" if call.before == 0 => Fate::Waits,
            _ => Fate::Passes,
        });
        let other = async {
            self.waits.notified().await;
            other.await;
            self.goes.notify_one();
        };
        tokio::join!(call, other).0
    }

    fn fate(&self, operation: &str) -> Fate {
        let mut told = self.state.lock().unwrap();
        let before = told.calls.iter().filter(|call| *call == operation).count();
        told.calls.push(operation.to_owned());
        (told.behaviour)(&Call { operation: operation.to_owned(), before })
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
    let fate = relay.fate(&operation);
    if matches!(fate, Fate::Waits) {
        relay.waits.notify_one();
        relay.goes.notified().await;
    }
    match fate {
        Fate::Passes | Fate::Waits => {
            let (status, answer) = relay.pass(headers, body).await;
            relay.state.lock().unwrap().answers.push((operation, answer.clone()));
            (status, answer)
        }
        Fate::LosesItsAnswer => {
            relay.pass(headers, body).await;
            (StatusCode::INTERNAL_SERVER_ERROR, "{}".into())
        }
        Fate::Answered(status, body) => (StatusCode::from_u16(status).unwrap(), body.to_string()),
        Fate::AnsweredAsBefore => {
            let told = relay.state.lock().unwrap();
            let first = told.answers.iter().find(|(answered, _)| *answered == operation);
            (StatusCode::OK, first.unwrap().1.clone())
        }
    }
}
