//! The events that an authorizer gets, told apart on the raw JSON.
//!
//! `type` is looked at first: an authorizer's event is nearly a superset of the
//! proxy event of the same gateway. The model is lenient where callers are odd
//! (null maps, missing members) and strict where a decision hangs on it.

use serde_json::{Map, Value};
use token::Reason;

use crate::{
    arn::MethodArn,
    token_source::{RequestParts, TokenSource, find, from_authorization_token},
};

/// The kinds of event this authorizer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A REST API that sends the token alone.
    RestToken,
    /// A REST API that sends the request.
    RestRequest,
    /// An HTTP API with payload format 2.0.
    HttpV2,
}

/// An event as far as it is needed.
#[derive(Debug)]
pub(crate) struct AuthorizerEvent<'e> {
    pub(crate) kind: EventKind,
    pub(crate) arn: MethodArn<'e>,
    event: &'e Map<String, Value>,
}

/// The event is of no kind that this authorizer knows; the text names what it
/// looked for, nothing of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEvent {
    #[error("the event is not a JSON object")]
    NotAnObject,
    #[error("the event has no \"type\", so it is not an authorizer event of API Gateway")]
    NoType,
    #[error("the event has a \"type\" other than TOKEN and REQUEST")]
    Type,
    #[error("the event is of payload format 1.0, which is not supported")]
    HttpV1,
    #[error("the event is of a WebSocket API, which is not supported")]
    WebSocket,
    #[error("the event has no usable \"methodArn\" or \"routeArn\"")]
    Arn,
}

impl EventKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RestToken => "rest_token",
            Self::RestRequest => "rest_request",
            Self::HttpV2 => "http_v2",
        }
    }
}

impl<'e> AuthorizerEvent<'e> {
    pub(crate) fn read(event: &'e Value) -> Result<Self, UnknownEvent> {
        let event = event.as_object().ok_or(UnknownEvent::NotAnObject)?;
        let text = |name| event.get(name).and_then(Value::as_str);
        let (kind, arn) = match text("type").ok_or(UnknownEvent::NoType)? {
            "TOKEN" => (EventKind::RestToken, text("methodArn")),
            "REQUEST" => match (text("routeArn"), text("version")) {
                (Some(arn), _) => (EventKind::HttpV2, Some(arn)),
                (None, _) if is_web_socket(event) => return Err(UnknownEvent::WebSocket),
                (None, Some("1.0")) => return Err(UnknownEvent::HttpV1),
                (None, _) => (EventKind::RestRequest, text("methodArn")),
            },
            _ => return Err(UnknownEvent::Type),
        };
        let arn = arn.and_then(MethodArn::parse).ok_or(UnknownEvent::Arn)?;
        Ok(Self { kind, arn, event })
    }

    /// Takes the one token out of the event.
    pub(crate) fn token(&self, sources: &[TokenSource]) -> Result<&'e str, Reason> {
        let map = |name| self.event.get(name).and_then(Value::as_object);
        match self.kind {
            EventKind::RestToken => {
                let value = self.event.get("authorizationToken").and_then(Value::as_str);
                from_authorization_token(value.ok_or(Reason::NoToken)?)
            }
            EventKind::RestRequest | EventKind::HttpV2 => {
                let parts = RequestParts {
                    headers: map("headers"),
                    multi_value_headers: map("multiValueHeaders"),
                    cookies: self.event.get("cookies").and_then(Value::as_array),
                    query: map("queryStringParameters"),
                    multi_value_query: map("multiValueQueryStringParameters"),
                };
                find(sources, &parts)
            }
        }
    }
}

fn is_web_socket(event: &Map<String, Value>) -> bool {
    let context = event.get("requestContext").and_then(Value::as_object);
    context.is_some_and(|context| context.contains_key("connectionId") || context.contains_key("eventType"))
}
