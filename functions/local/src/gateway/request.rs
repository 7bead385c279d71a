//! One HTTP request, read whole and within the limits of what stands there.

use std::time::SystemTime;

use axum::body::Body;
use bytes::Bytes;
use uuid::Uuid;

use super::{header_case::Connection, refusal::Refusal};

/// How much of a request is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) body_bytes: usize,
    /// Names and values of all headers together.
    pub(super) header_bytes: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) method: String,
    /// As the client sent it, percent signs included.
    pub(super) path: String,
    pub(super) query: String,
    /// In the client's case and order, duplicates included.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) source_ip: String,
    pub(super) protocol: String,
    pub(super) time: SystemTime,
}

impl Request {
    pub(super) async fn read(
        request: http::Request<Body>,
        connection: &Connection,
        time: SystemTime,
        limits: Limits,
    ) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let mut headers = connection.headers(&parts.headers);
        let header_bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let body = axum::body::to_bytes(body, limits.body_bytes).await;
        connection.request_ended();
        if header_bytes > limits.header_bytes {
            return Err(Refusal::HeadersTooLarge);
        }
        let body = body.map_err(|_| Refusal::BodyTooLarge)?;

        let id = Uuid::new_v4().to_string();
        let source_ip = connection.peer.ip().to_string();
        add_forwarding(&mut headers, &id, &source_ip);
        Ok(Self {
            id,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers,
            body,
            source_ip,
            protocol: format!("{:?}", parts.version),
            time,
        })
    }

    pub(super) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn query_pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }
}

/// Adds what the gateway tells functions about the client. A client's own
/// `X-Forwarded-For` stays in front, as on AWS: it proves nothing.
fn add_forwarding(headers: &mut Vec<(String, String)>, id: &str, source_ip: &str) {
    let forwarded_for: Vec<String> = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-for"))
        .map(|(_, value)| value.clone())
        .chain([source_ip.to_owned()])
        .collect();
    let replaced = ["x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"];
    headers.retain(|(name, _)| !replaced.iter().any(|replaced| name.eq_ignore_ascii_case(replaced)));
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    add("X-Forwarded-For", forwarded_for.join(", "));
    add("X-Forwarded-Port", "443".to_owned());
    add("X-Forwarded-Proto", "https".to_owned());
    add("X-Amzn-Trace-Id", format!("Root=1-{id}"));
}

#[cfg(test)]
impl Request {
    pub(super) fn example(method: &str, path: &str) -> Self {
        Self {
            id: "id".to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            source_ip: "127.0.0.1".to_owned(),
            protocol: "HTTP/1.1".to_owned(),
            time: SystemTime::UNIX_EPOCH,
        }
    }
}
