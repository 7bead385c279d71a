//! A client that keeps its session, whatever happens to the issuer.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::issuer::PASSWORD;

/// What one client has been told, and holds the issuer to.
pub(crate) struct Client {
    http: reqwest::Client,
    addresses: watch::Receiver<Option<String>>,
    pub(crate) pair: Pair,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// An answer that arrived as a whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) async fn log_in(
        http: &reqwest::Client,
        addresses: &watch::Receiver<Option<String>>,
        user: usize,
    ) -> Self {
        let pair = Pair { access: String::new(), refresh: String::new() };
        let mut client = Self { http: http.clone(), addresses: addresses.clone(), pair };
        let body = json!({"username": format!("user-{user}"), "password": PASSWORD});
        let answer = client.until_answered("/login", &body).await;
        client.pair = answer.pair();
        client
    }

    /// Refreshes, and keeps what it got.
    pub(crate) async fn refresh(&mut self) {
        self.pair = self.send_refresh(&self.pair.refresh.clone()).await.pair();
    }

    pub(crate) async fn send_refresh(&mut self, token: &str) -> Answer {
        self.until_answered("/refresh", &json!({"refresh_token": token})).await
    }

    pub(crate) async fn log_out(&mut self) -> Answer {
        self.until_answered("/logout", &json!({"scope": "this"})).await
    }

    /// Sends until an answer arrives that says yes or no: a client does not know
    /// whether what it sent before a crash had been done.
    async fn until_answered(&mut self, path: &str, body: &Value) -> Answer {
        loop {
            let address = self.addresses.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let request = self.http.post(format!("http://{address}{path}")).json(body);
            let request = request.bearer_auth(&self.pair.access);
            let Ok(response) = request.send().await else {
                tokio::task::yield_now().await;
                continue;
            };
            let status = response.status();
            let Ok(text) = response.text().await else { continue };
            if status != StatusCode::SERVICE_UNAVAILABLE {
                return Answer { status, body: serde_json::from_str(&text).unwrap_or_default() };
            }
        }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn pair(&self) -> Pair {
        assert_eq!(self.status, 200, "{}", self.body);
        let text = |name: &str| self.body[name].as_str().unwrap().to_owned();
        Pair { access: text("access_token"), refresh: text("refresh_token") }
    }
}
