//! What a client of the system can do, as verbs.

use anyhow::{Context, ensure};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{System, gateway::Kind};

#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    issuer: String,
    gateway: String,
}

/// A status and a JSON body; `null` where the body is something else.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Cannot print itself.
#[derive(Clone)]
pub struct TokenPair {
    pub access: String,
    pub refresh: String,
}

impl Client {
    pub fn of(system: &System, kind: Kind) -> Self {
        Self::at(system.issuer_url(), system.gateway_url(kind))
    }

    pub fn at(issuer: String, gateway: String) -> Self {
        Self { http: reqwest::Client::new(), issuer, gateway }
    }

    /// # Errors
    ///
    /// Says that there was no answer; so do the others.
    pub async fn log_in(&self, username: &str, password: &str) -> anyhow::Result<Answer> {
        self.post("/login", None, &json!({"username": username, "password": password})).await
    }

    /// # Errors
    ///
    /// As above.
    pub async fn refresh(&self, refresh_token: &str) -> anyhow::Result<Answer> {
        self.post("/refresh", None, &json!({"refresh_token": refresh_token})).await
    }

    /// # Errors
    ///
    /// As above.
    pub async fn log_out(&self, access_token: &str, scope: &str) -> anyhow::Result<Answer> {
        self.post("/logout", Some(access_token), &json!({"scope": scope})).await
    }

    /// # Errors
    ///
    /// As above.
    pub async fn chat(&self, access_token: Option<&str>, message: &str) -> anyhow::Result<Answer> {
        let url = format!("{}/api/chat", self.gateway);
        self.send(url, access_token, &json!({"message": message})).await
    }

    async fn post(&self, path: &str, access_token: Option<&str>, body: &Value) -> anyhow::Result<Answer> {
        self.send(format!("{}{path}", self.issuer), access_token, body).await
    }

    async fn send(&self, url: String, access_token: Option<&str>, body: &Value) -> anyhow::Result<Answer> {
        let mut request = self.http.post(&url).json(body);
        if let Some(token) = access_token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.with_context(|| format!("POST {url}"))?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let body = answer.bytes().await?;
        Ok(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

impl Answer {
    /// Returns the answer, if it has that status.
    ///
    /// # Errors
    ///
    /// Names both statuses, and the error that the body holds.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "expected {status}, got {} {}", self.status, self.told());
        Ok(self)
    }

    /// What an error says: a code, or a sentence.
    pub fn told(&self) -> &str {
        let names = ["error", "message", "Message"];
        names.iter().find_map(|name| self.text(name)).unwrap_or_default()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// # Errors
    ///
    /// Names the token that is missing.
    pub fn token_pair(&self) -> anyhow::Result<TokenPair> {
        let token =
            |name: &str| self.text(name).map(str::to_owned).with_context(|| format!("there is no {name}"));
        Ok(TokenPair { access: token("access_token")?, refresh: token("refresh_token")? })
    }
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenPair(redacted)")
    }
}
