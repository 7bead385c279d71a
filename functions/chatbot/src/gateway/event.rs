//! A proxy event as an HTTP request.
//!
//! Lenient where callers are odd: maps may be null, and a header that HTTP does
//! not allow is left out instead of failing the request.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::{Map, Value};
use token::Principal;

use super::UnknownEvent;

/// The kinds of proxy event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProxyKind {
    Rest,
    HttpV2,
}

#[derive(Debug)]
pub(super) struct ProxyEvent<'e> {
    pub(super) kind: ProxyKind,
    event: &'e Map<String, Value>,
    context: &'e Map<String, Value>,
}

impl<'e> ProxyEvent<'e> {
    pub(super) fn read(event: &'e Value) -> Result<Self, UnknownEvent> {
        let event = event.as_object().ok_or(UnknownEvent::Shape)?;
        // Looked at first: the events of authorizers have nearly all the rest.
        if ["type", "methodArn", "routeArn"].iter().any(|name| event.contains_key(*name)) {
            return Err(UnknownEvent::Authorizer);
        }
        let context = event.get("requestContext").and_then(Value::as_object).ok_or(UnknownEvent::Shape)?;
        let kind = if context.get("http").is_some_and(Value::is_object) {
            ProxyKind::HttpV2
        } else if event.get("httpMethod").is_some_and(Value::is_string) && !context.contains_key("elb") {
            ProxyKind::Rest
        } else {
            return Err(UnknownEvent::Shape);
        };
        Ok(Self { kind, event, context })
    }

    /// Who the authorizer says is calling; `None` where there was no authorizer
    /// or its context makes no sense.
    pub(super) fn principal(&self) -> Option<Principal> {
        let authorizer = self.context.get("authorizer")?.as_object()?;
        let context = match self.kind {
            ProxyKind::Rest => authorizer,
            ProxyKind::HttpV2 => authorizer.get("lambda")?.as_object()?,
        };
        Principal::from_context(context)
            .inspect_err(|error| tracing::warn!(%error, "cannot read who is calling"))
            .ok()
    }

    pub(super) fn to_request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.body());
        *request.method_mut() = self.method();
        *request.uri_mut() = self.uri();
        *request.headers_mut() = self.headers();
        request
    }

    /// A method that HTTP does not allow becomes one that no route has.
    fn method(&self) -> Method {
        let name = match self.kind {
            ProxyKind::Rest => self.text("httpMethod"),
            ProxyKind::HttpV2 => self
                .context
                .get("http")
                .and_then(|http| http.get("method"))
                .and_then(Value::as_str)
                .unwrap_or_default(),
        };
        Method::from_bytes(name.as_bytes()).unwrap_or(Method::TRACE)
    }

    /// The path without the stage. A path that HTTP does not allow becomes one
    /// that no route has.
    fn uri(&self) -> Uri {
        let path = match self.kind {
            ProxyKind::Rest => self.text("path"),
            ProxyKind::HttpV2 => self.path_without_stage(),
        };
        path.parse().unwrap_or_else(|_| Uri::from_static("/.not-a-path"))
    }

    fn path_without_stage(&self) -> &'e str {
        let path = self.text("rawPath");
        let stage = self.context.get("stage").and_then(Value::as_str).unwrap_or("$default");
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
        match rest {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        }
    }

    fn headers(&self) -> HeaderMap {
        let map = |name| self.event.get(name).and_then(Value::as_object).into_iter().flatten();
        let all = map("multiValueHeaders").flat_map(|(name, values)| {
            values.as_array().into_iter().flatten().map(move |value| (name, value))
        });
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            if let Some((name, value)) = header(name, value) {
                headers.append(name, value);
            }
        }
        for (name, value) in map("headers") {
            if let Some((name, value)) = header(name, value)
                && !headers.contains_key(&name)
            {
                headers.append(name, value);
            }
        }
        headers
    }

    fn body(&self) -> Bytes {
        let text = self.text("body");
        let is_base64 = self.event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
        if is_base64 {
            // What cannot be decoded is no body; the route says so.
            BASE64_STANDARD.decode(text).unwrap_or_default().into()
        } else {
            Bytes::copy_from_slice(text.as_bytes())
        }
    }

    fn text(&self, name: &str) -> &'e str {
        self.event.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

fn header(name: &str, value: &Value) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.as_str()?).ok()?))
}
