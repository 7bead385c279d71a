//! An HTTP response as a proxy response.

use axum::{body::Body, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, header::SET_COOKIE};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::event::{HeaderMode, ProxyKind};

/// Writes `answer` for the kind of gateway that asked.
pub(super) async fn render(answer: Response<Body>, kind: ProxyKind) -> Result<Value, axum::Error> {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let (body, is_base64) = encode(&body);
    let mut event = json!({"statusCode": parts.status.as_u16(), "body": body, "isBase64Encoded": is_base64});
    if let (ProxyKind::Alb(_), Some(event)) = (kind, event.as_object_mut()) {
        let reason = parts.status.canonical_reason().unwrap_or_default();
        event.insert("statusDescription".into(), format!("{} {reason}", parts.status.as_u16()).into());
    }
    let members = match kind {
        ProxyKind::Rest | ProxyKind::HttpV1 | ProxyKind::Alb(HeaderMode::Multiple) => {
            vec![("multiValueHeaders", all_values(&parts.headers))]
        }
        ProxyKind::Alb(HeaderMode::Single) => vec![("headers", joined_values(&parts.headers))],
        ProxyKind::HttpV2 | ProxyKind::FunctionUrl => {
            let mut headers = parts.headers;
            let cookies: Vec<_> = headers.get_all(SET_COOKIE).iter().map(text).collect();
            headers.remove(SET_COOKIE);
            vec![("headers", joined_values(&headers)), ("cookies", Value::from(cookies))]
        }
    };
    if let Some(event) = event.as_object_mut() {
        event.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(event)
}

fn encode(body: &Bytes) -> (String, bool) {
    match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(body), true),
    }
}

fn all_values(headers: &HeaderMap) -> Value {
    let values = headers
        .keys()
        .map(|name| (name.to_string(), headers.get_all(name).iter().map(text).collect::<Vec<_>>().into()));
    Value::Object(values.collect::<Map<_, _>>())
}

/// One value for each name (RFC 9110 section 5.3): what payload format 2.0 and a
/// load balancer without multi-value headers read.
fn joined_values(headers: &HeaderMap) -> Value {
    let values = headers.keys().map(|name| {
        (name.to_string(), headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(", ").into())
    });
    Value::Object(values.collect::<Map<_, _>>())
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
