//! Requests to one door, and their answers.

use reqwest::{
    Method, RequestBuilder, Response,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;

/// A caller of one door.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// One event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Empty where it has no name.
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Client {
    pub(crate) fn new(base: String, token: Option<&str>) -> Self {
        Self { http: reqwest::Client::new(), base, token: token.map(str::to_owned) }
    }

    /// The same, with another token or with none.
    pub(crate) fn with(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// `host:port` of the door, and the token, for requests written by hand.
    pub(crate) fn address(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Asks, and returns the body of the answer.
    pub(crate) async fn chat(&self, body: &Value) -> Value {
        self.post("/api/chat", body).await.expect(200).json()
    }

    /// Asks for a stream, and returns it once its head is there.
    pub(crate) async fn stream(&self, path: &str, body: &Value) -> Response {
        let response = self.request(Method::POST, path).json(body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response
    }
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Makes sure that this is a problem of that kind.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, kind: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "application/problem+json", "{}", self.text);
        let body = self.json();
        assert_eq!(body["type"], format!("urn:latchkey:problem:{kind}"), "{}", self.text);
        assert_eq!(body["status"], status);
        assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "{}", self.text);
        self
    }

    /// Makes sure that this is an error of OpenAI's format.
    #[track_caller]
    pub(crate) fn openai_error(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "application/json", "{}", self.text);
        let error = &self.json()["error"];
        for member in ["message", "type", "code"] {
            assert!(error[member].is_string(), "{member}: {}", self.text);
        }
        self
    }

    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Event> {
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "text/event-stream", "{}", self.text);
        events(&self.text)
    }
}

/// Reads server-sent events; comments are none.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let field = |block: &str, name: &str| {
        let lines = block.lines().filter_map(|line| line.strip_prefix(name));
        let values: Vec<_> = lines.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect();
        values.join("\n")
    };
    let blocks = text.split("\n\n").map(|block| (field(block, "event:"), field(block, "data:")));
    blocks.filter(|(_, data)| !data.is_empty()).map(|(name, data)| Event { name, data }).collect()
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}
