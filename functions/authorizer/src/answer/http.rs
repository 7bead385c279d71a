//! An HTTP response, where this function is asked in place of a gateway: by a
//! load balancer, a function URL or VPC Lattice.
//!
//! Challenges follow RFC 6750 section 3: no error code without credentials, and
//! never more than the code with bad ones.

use decision::{Decision, Unavailable};
use std::fmt::Write;

use serde_json::{Map, Value, json, value::RawValue};
use token::{Principal, Reason, X_AUTH_PREFIX};

use super::write;
use crate::{
    error::HandlerError,
    event::{EventKind, HeaderMode},
};

/// When to try again after "could not tell": the stores are asked anew then.
const RETRY_AFTER_SECS: &str = "5";

/// A response but for the shape that its receiver wants.
#[derive(Debug, Clone)]
pub(crate) struct HttpAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

impl HttpAnswer {
    pub(super) fn of(decision: Result<&Decision, Unavailable>) -> Self {
        match decision {
            Ok(Decision::Allow(principal)) => {
                Self::new(200, identity_headers(principal), &json!({"message": "OK"}))
            }
            Ok(Decision::Unauthenticated(reason)) => Self::challenge(*reason),
            Ok(Decision::Forbidden(_)) => {
                let challenge =
                    header("WWW-Authenticate", "Bearer realm=\"latchkey\", error=\"insufficient_scope\"");
                Self::new(403, vec![challenge], &json!({"message": "Forbidden"}))
            }
            Err(Unavailable(_)) => {
                let message = json!({"message": "Service Unavailable"});
                Self::new(503, vec![header("Retry-After", RETRY_AFTER_SECS)], &message)
            }
        }
    }

    /// The answer to a health check.
    pub(crate) fn healthy() -> Self {
        Self::new(200, Vec::new(), &json!({"status": "ok"}))
    }

    /// The answer to a preflight: go on and send the request, with its token.
    pub(crate) fn preflight() -> Self {
        Self { status: 204, headers: vec![header("Cache-Control", "no-store")], body: None }
    }

    fn challenge(reason: Reason) -> Self {
        let (status, message, error) = match reason {
            Reason::NoToken => (401, "Unauthorized", None),
            // RFC 6750 section 3.1: more than one way of sending a token.
            Reason::MultipleTokens => (400, "Bad Request", Some("invalid_request")),
            _ => (401, "Unauthorized", Some("invalid_token")),
        };
        let error = error.map(|error| format!(", error=\"{error}\"")).unwrap_or_default();
        let challenge = header("WWW-Authenticate", &format!("Bearer realm=\"latchkey\"{error}"));
        Self::new(status, vec![challenge], &json!({"message": message}))
    }

    fn new(status: u16, mut headers: Vec<(String, String)>, body: &Value) -> Self {
        headers.push(header("Content-Type", "application/json"));
        headers.push(header("Cache-Control", "no-store"));
        Self { status, headers, body: Some(body.clone()) }
    }

    /// Shapes the response for whoever asked. A load balancer reads the header
    /// map that it sent, and only that.
    pub(crate) fn render(self, kind: EventKind) -> Result<Box<RawValue>, HandlerError> {
        let body = self.body.map(|body| body.to_string()).unwrap_or_default();
        let mut answer = Map::new();
        answer.insert("statusCode".into(), self.status.into());
        answer.insert("isBase64Encoded".into(), false.into());
        answer.insert("body".into(), body.into());
        if !matches!(kind, EventKind::FunctionUrl) {
            answer.insert("statusDescription".into(), description(self.status).into());
        }
        if kind == EventKind::Alb(HeaderMode::MultiValue) {
            let headers = self.headers.into_iter().map(|(name, value)| (name, json!([value])));
            answer.insert("multiValueHeaders".into(), Value::Object(headers.collect()));
        } else {
            let headers = self.headers.into_iter().map(|(name, value)| (name, value.into()));
            answer.insert("headers".into(), Value::Object(headers.collect()));
        }
        write(&answer)
    }
}

fn description(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        _ => "Service Unavailable",
    };
    format!("{status} {reason}")
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The context as headers: `custom_id` becomes `X-Auth-Custom-Id`.
fn identity_headers(principal: &Principal) -> Vec<(String, String)> {
    let named = |name: &str| {
        let words = name.split('_').map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{}{rest}", first.to_ascii_uppercase())
        });
        format!("{X_AUTH_PREFIX}{}", words.collect::<Vec<_>>().join("-"))
    };
    principal.to_context().map(|(name, value)| (named(name), field_value(&value))).collect()
}

/// Writes any text as a header value: printable ASCII as it is, everything else
/// as percent-encoded UTF-8, so that no claim can end a header.
fn field_value(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (byte.is_ascii_graphic() && byte != b'%') || byte == b' ' {
            value.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _written = write!(value, "%{byte:02X}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_claim_can_end_a_header_or_begin_another() {
        assert_eq!(field_value("John Doe"), "John Doe");
        assert_eq!(field_value("a\r\nX-Auth-Role: ADMIN"), "a%0D%0AX-Auth-Role: ADMIN");
        assert_eq!(field_value("Jörg 100%"), "J%C3%B6rg 100%25");
    }
}
