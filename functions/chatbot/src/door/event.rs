//! A proxy event as an HTTP request.
//!
//! Lenient where callers are odd: maps may be null, and a header that HTTP does
//! not allow is left out instead of failing the request.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header::COOKIE, uri::PathAndQuery};
use serde_json::{Map, Value};
use token::Principal;

use super::{Origin, UnknownEvent};

/// The kinds of proxy event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProxyKind {
    /// A REST API.
    Rest,
    /// An HTTP API with payload format 1.0.
    HttpV1,
    /// An HTTP API with payload format 2.0.
    HttpV2,
    /// A function URL, whose events have payload format 2.0 too.
    FunctionUrl,
    /// A load balancer.
    Alb(HeaderMode),
}

/// Which of its two header maps a load balancer sends, and reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderMode {
    Single,
    Multiple,
}

impl ProxyKind {
    fn of(event: &Map<String, Value>, context: &Map<String, Value>) -> Option<Self> {
        let is_text = |name: &str| event.get(name).is_some_and(Value::is_string);
        if context.get("http").is_some_and(Value::is_object) {
            // The name of a function URL is AWS's to give; a client cannot choose it.
            let domain = context.get("domainName").and_then(Value::as_str).unwrap_or_default();
            let has_authorizer = context.get("authorizer").is_some_and(|told| told.get("lambda").is_some());
            let is_url = !has_authorizer && domain.contains(".lambda-url.") && domain.ends_with(".on.aws");
            return Some(if is_url { Self::FunctionUrl } else { Self::HttpV2 });
        }
        if !is_text("httpMethod") || !is_text("path") {
            return None;
        }
        if context.get("elb").is_some_and(Value::is_object) {
            let has_all = event.get("multiValueHeaders").is_some_and(Value::is_object);
            return Some(Self::Alb(if has_all { HeaderMode::Multiple } else { HeaderMode::Single }));
        }
        // A WebSocket's messages have a connection and no path of their own.
        if context.contains_key("elb") || context.contains_key("connectionId") {
            return None;
        }
        let is_v1 = event.get("version").and_then(Value::as_str) == Some("1.0");
        Some(if is_v1 { Self::HttpV1 } else { Self::Rest })
    }

    const fn is_v2(self) -> bool {
        matches!(self, Self::HttpV2 | Self::FunctionUrl)
    }
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
        let kind = ProxyKind::of(event, context).ok_or(UnknownEvent::Shape)?;
        Ok(Self { kind, event, context })
    }

    /// Who is calling, as far as the door can say. An API always has an
    /// authorizer in front, so that its silence is nobody's leave to come in.
    pub(super) fn origin(&self) -> Origin {
        match self.kind {
            ProxyKind::Alb(_) => Origin::Direct("alb"),
            ProxyKind::FunctionUrl => Origin::Direct("function_url"),
            ProxyKind::Rest | ProxyKind::HttpV1 | ProxyKind::HttpV2 => {
                Origin::Gateway(self.principal().map(Box::new))
            }
        }
    }

    fn principal(&self) -> Option<Principal> {
        let authorizer = self.context.get("authorizer")?.as_object()?;
        let context = match self.kind {
            ProxyKind::HttpV2 => authorizer.get("lambda")?.as_object()?,
            _ => authorizer,
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
        let name = if self.kind.is_v2() {
            let http = self.context.get("http").and_then(|http| http.get("method"));
            http.and_then(Value::as_str).unwrap_or_default()
        } else {
            self.text("httpMethod")
        };
        Method::from_bytes(name.as_bytes()).unwrap_or(Method::TRACE)
    }

    /// The path without the stage. What HTTP does not allow becomes a path that
    /// no route has.
    fn uri(&self) -> Uri {
        let path = match self.kind {
            ProxyKind::Rest => self.without_base_path(),
            ProxyKind::Alb(_) => self.text("path"),
            ProxyKind::HttpV1 => self.without_stage(self.text("path")),
            ProxyKind::HttpV2 | ProxyKind::FunctionUrl => self.without_stage(self.text("rawPath")),
        };
        let query = self.query();
        let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let target = Some(text).filter(|_| path.starts_with('/') && !path.contains(['?', '#']));
        let target = target.and_then(|text| PathAndQuery::try_from(text).ok());
        target.map_or_else(|| Uri::from_static("/.not-a-path"), Uri::from)
    }

    fn query(&self) -> String {
        if self.kind.is_v2() {
            return self.text("rawQueryString").to_owned();
        }
        let pairs = self.query_pairs();
        match self.kind {
            // As the client sent them, percent signs included.
            ProxyKind::Alb(_) => {
                pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
            }
            _ => form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(),
        }
    }

    /// Names and values out of the map that has all of them, or else the other.
    fn query_pairs(&self) -> Vec<(&'e str, &'e str)> {
        let map = |name| self.event.get(name).and_then(Value::as_object);
        if let Some(all) = map("multiValueQueryStringParameters") {
            let values = all.iter().flat_map(|(name, values)| {
                let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
                values.map(move |value| (name.as_str(), value))
            });
            return values.collect();
        }
        let single = map("queryStringParameters").into_iter().flatten();
        single.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
    }

    /// The path as the API knows it. Behind a custom domain with a base path
    /// mapping a REST API puts the base path in front; the resource, which the
    /// authorizer decided on, is without it.
    fn without_base_path(&self) -> &'e str {
        let (path, resource) = (self.text("path"), self.text("resource"));
        match resource.split_once('{') {
            None if resource == "/" => "/",
            None if path.strip_suffix('/').unwrap_or(path).ends_with(resource) && !resource.is_empty() => {
                resource
            }
            Some((prefix, _)) if !path.starts_with(prefix) => {
                path.find(prefix).and_then(|start| path.get(start..)).unwrap_or(path)
            }
            _ => path,
        }
    }

    fn without_stage(&self, path: &'e str) -> &'e str {
        let stage = self.context.get("stage").and_then(Value::as_str).unwrap_or("$default");
        // The one stage that is never part of a path.
        if stage == "$default" {
            return path;
        }
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
        // Payload format 2.0 takes the cookies out of the headers.
        let cookies = self.event.get("cookies").and_then(Value::as_array).into_iter().flatten();
        for value in cookies.filter_map(|cookie| HeaderValue::from_str(cookie.as_str()?).ok()) {
            headers.append(COOKIE, value);
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
    Some((
        HeaderName::from_bytes(name.as_bytes()).ok()?,
        HeaderValue::from_bytes(value.as_str()?.as_bytes()).ok()?,
    ))
}
