//! A request, and how two kinds of gateway tell the authorizer about it.

use serde_json::{Map, Value, json};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod";

#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn empty() -> Self {
        Self { method: "POST", headers: Vec::new(), query: Vec::new(), cookies: Vec::new() }
    }

    pub(crate) fn bearer(token: &str) -> Self {
        Self::empty().header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(crate) fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.into(), value.into()));
        self
    }

    /// As a REST API's REQUEST authorizer is called.
    pub(crate) fn rest_event(&self) -> Value {
        let mut headers = self.headers.clone();
        if !self.cookies.is_empty() {
            headers.push(("Cookie".into(), self.cookie_pairs().join("; ")));
        }
        json!({
            "type": "REQUEST",
            "methodArn": format!("{ARN}/{}/api/chat", self.method),
            "resource": "/api/chat",
            "path": "/api/chat",
            "httpMethod": self.method,
            "headers": last(&headers),
            "multiValueHeaders": all(&headers),
            "queryStringParameters": last(&self.query),
            "multiValueQueryStringParameters": all(&self.query),
            "pathParameters": {},
            "stageVariables": {},
            "requestContext": {"httpMethod": self.method, "path": "/prod/api/chat", "resourcePath": "/api/chat"},
        })
    }

    /// As an HTTP API's authorizer is called, payload 2.0.
    pub(crate) fn http_event(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
        json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": format!("{ARN}/{}/api/chat", self.method),
            "identitySource": [],
            "routeKey": format!("{} /api/chat", self.method),
            "rawPath": "/api/chat",
            "rawQueryString": "",
            "cookies": self.cookie_pairs(),
            "headers": joined(headers),
            "queryStringParameters": joined(self.query.iter().cloned()),
            "requestContext": {"http": {"method": self.method, "path": "/api/chat"}},
        })
    }

    fn cookie_pairs(&self) -> Vec<String> {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }
}

fn last(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
}

fn all(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let values = map.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(value.as_str().into());
    }
    map
}

fn joined(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let joined = match map.get(&name).and_then(Value::as_str) {
            Some(first) => format!("{first},{value}"),
            None => value,
        };
        map.insert(name, joined.into());
    }
    map
}
