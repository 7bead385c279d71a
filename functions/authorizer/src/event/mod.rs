//! The events that an authorizer gets.
//!
//! The model is lenient where callers are odd (null maps, missing members) and
//! strict where a decision hangs on it.

mod arn;
mod kind;
mod payload;
mod route;

use decision::{Found, RequestParts, TokenSource, find, from_authorization_token};
use serde_json::Value;
use token::Reason;

pub(crate) use arn::MethodArn;
pub(crate) use kind::{AnswerFamily, EventKind, HeaderMode};
pub(crate) use route::Route;

pub use kind::UnknownEvent;
pub use payload::Payload;

/// An event as far as it is needed.
#[derive(Debug)]
pub(crate) struct AuthorizerEvent<'e> {
    pub(crate) kind: EventKind,
    pub(crate) route: Route<'e>,
    event: &'e Payload,
}

impl<'e> AuthorizerEvent<'e> {
    pub(crate) fn read(event: &'e Payload) -> Result<Self, UnknownEvent> {
        if !event.is_object() {
            return Err(UnknownEvent::NotAnObject);
        }
        let kind = EventKind::of(event)?;
        Ok(Self { kind, route: Route::of(kind, event)?, event })
    }

    /// Takes the one token out of the event.
    pub(crate) fn token(&self, sources: &[TokenSource]) -> Result<Found<'e>, Reason> {
        match self.kind {
            EventKind::RestToken | EventKind::AppSync => {
                let value = self.event.get("authorizationToken").and_then(Value::as_str);
                from_authorization_token(value.ok_or(Reason::NoToken)?)
            }
            _ => find(sources, &self.parts()),
        }
    }

    /// A health check of a load balancer, which has no token.
    pub(crate) fn is_health_check(&self) -> bool {
        self.kind.family() == AnswerFamily::Http
            && self.route.method() == "GET"
            && self.route.path() == "/healthz"
    }

    /// A question of a browser before the real request (Fetch standard, "CORS
    /// preflight"), which never carries a token. Gateways answer these
    /// themselves; where there is none, the function is asked.
    pub(crate) fn is_preflight(&self) -> bool {
        self.kind.family() == AnswerFamily::Http
            && self.route.method() == "OPTIONS"
            && ["origin", "access-control-request-method"].iter().all(|name| self.parts().has_header(name))
    }

    fn parts(&self) -> RequestParts<'e> {
        let map = |name| self.event.get(name).and_then(Value::as_object);
        let query = if self.kind == EventKind::LatticeV1 {
            "query_string_parameters"
        } else {
            "queryStringParameters"
        };
        RequestParts {
            headers: map("headers"),
            multi_value_headers: map("multiValueHeaders"),
            cookies: self.event.get("cookies").and_then(Value::as_array),
            query: map(query),
            multi_value_query: map("multiValueQueryStringParameters"),
        }
    }
}
