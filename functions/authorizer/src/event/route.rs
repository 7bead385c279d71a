//! Which call an event is about.

use serde_json::Value;

use super::{EventKind, MethodArn, Payload, UnknownEvent};

/// The call that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'e> {
    /// A call of API Gateway, by its ARN.
    Method(MethodArn<'e>),
    /// A call that this function sees as an HTTP request.
    Request { method: &'e str, path: &'e str },
}

impl<'e> Route<'e> {
    pub(super) fn of(kind: EventKind, event: &'e Payload) -> Result<Self, UnknownEvent> {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let http = |name: &str| event.get("requestContext")?.get("http")?.get(name)?.as_str();
        let request = |method: Option<&'e str>, path: Option<&'e str>| {
            let path = path.unwrap_or_default();
            let (path, _query) = path.split_once('?').unwrap_or((path, ""));
            Ok(Self::Request { method: method.unwrap_or_default(), path })
        };
        match kind {
            EventKind::RestToken | EventKind::RestRequest | EventKind::HttpV1 | EventKind::WebSocket => {
                text("methodArn").and_then(MethodArn::parse).map(Self::Method).ok_or(UnknownEvent::Arn)
            }
            EventKind::HttpV2 => {
                text("routeArn").and_then(MethodArn::parse).map(Self::Method).ok_or(UnknownEvent::Arn)
            }
            // A GraphQL operation is one route whatever it asks for.
            EventKind::AppSync => Ok(Self::Request { method: "POST", path: "/graphql" }),
            EventKind::Alb(_) => request(text("httpMethod"), text("path")),
            EventKind::FunctionUrl => request(http("method"), text("rawPath").or_else(|| http("path"))),
            EventKind::LatticeV1 => request(text("method"), text("raw_path")),
            EventKind::LatticeV2 => request(text("method"), text("path")),
        }
    }

    /// The method as access rules name it. A WebSocket begins with a GET.
    pub(crate) fn method(&self) -> &'e str {
        match self {
            Self::Method(arn) if arn.is_connect() => "GET",
            Self::Method(arn) => arn.method,
            Self::Request { method, .. } => method,
        }
    }

    pub(crate) fn path(&self) -> &'e str {
        match self {
            Self::Method(arn) if arn.is_connect() => "/$connect",
            Self::Method(arn) => arn.path(),
            Self::Request { path, .. } => path,
        }
    }

    /// Whether a path may mean something else to the backend than to the rules.
    ///
    /// A gateway evaluates its policy on the path that it routes; here the rules
    /// see the raw path and the backend decodes it after them.
    pub(crate) fn is_ambiguous(&self) -> bool {
        let Self::Request { path, .. } = self else { return false };
        decision::is_ambiguous(path)
    }
}
