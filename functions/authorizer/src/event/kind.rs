//! The kinds of event, told apart on the raw JSON.
//!
//! `type` is looked at first: an authorizer's event is nearly a superset of the
//! proxy event of the same gateway. No decision hangs on `version` alone, which
//! several services use for different things.

use serde_json::Value;

use super::Payload;

/// The kinds of event this authorizer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A REST API that sends the token alone.
    RestToken,
    /// A REST API that sends the request.
    RestRequest,
    /// An HTTP API with payload format 1.0.
    HttpV1,
    /// An HTTP API with payload format 2.0.
    HttpV2,
    /// The `$connect` route of a WebSocket API.
    WebSocket,
    AppSync,
    /// A target group of an Application Load Balancer.
    Alb(HeaderMode),
    FunctionUrl,
    /// VPC Lattice, event structure version 1.
    LatticeV1,
    /// VPC Lattice, event structure version 2.
    LatticeV2,
}

/// Which of the two header maps a load balancer sends, and reads in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderMode {
    Single,
    MultiValue,
}

/// Which form of answer a kind gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerFamily {
    /// An IAM policy, which the gateway evaluates for this and other routes.
    Policy,
    /// The same for the `$connect` route, evaluated once and never kept.
    ConnectPolicy,
    /// `isAuthorized`, or a policy where the settings say so.
    SimpleOrPolicy,
    AppSync,
    /// An HTTP response: this function is asked in place of the gateway.
    Http,
}

/// The event is of no kind that this authorizer knows; the text names what it
/// looked for, nothing of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEvent {
    #[error("the event is not a JSON object")]
    NotAnObject,
    #[error("the event has a \"type\" other than TOKEN and REQUEST")]
    Type,
    #[error("the event has no usable \"methodArn\" or \"routeArn\"")]
    Arn,
    #[error("the event is for an integration behind an authorizer, not for an authorizer")]
    Integration,
    #[error("the event is for the rotation of a secret, not for an authorizer")]
    Rotation,
    #[error(
        "the event is of no known kind: it has neither \"type\" nor the context of a load balancer, a function URL, \
         AppSync or VPC Lattice"
    )]
    Unknown,
}

impl EventKind {
    pub(crate) fn of(event: &Payload) -> Result<Self, UnknownEvent> {
        match event.get("type") {
            Some(Value::String(kind)) => Self::of_api_gateway(kind, event),
            Some(Value::Null) | None => Self::of_untyped(event),
            Some(_) => Err(UnknownEvent::Type),
        }
    }

    fn of_api_gateway(kind: &str, event: &Payload) -> Result<Self, UnknownEvent> {
        let version = event.get("version").and_then(Value::as_str);
        match kind {
            "TOKEN" => Ok(Self::RestToken),
            "REQUEST" if event.has("routeArn") => Ok(Self::HttpV2),
            "REQUEST" if is_web_socket(event) => Ok(Self::WebSocket),
            "REQUEST" if version == Some("1.0") => Ok(Self::HttpV1),
            "REQUEST" => Ok(Self::RestRequest),
            _ => Err(UnknownEvent::Type),
        }
    }

    fn of_untyped(event: &Payload) -> Result<Self, UnknownEvent> {
        let has = |name: &str| event.has(name);
        if has("Step") && has("SecretId") {
            return Err(UnknownEvent::Rotation);
        }
        if has("raw_path") && has("method") {
            return Ok(Self::LatticeV1);
        }
        let context = event.get("requestContext").and_then(Value::as_object).ok_or(UnknownEvent::Unknown)?;
        let is_lattice = ["serviceArn", "targetGroupArn"].iter().any(|name| {
            context.get(*name).and_then(Value::as_str).is_some_and(|arn| arn.contains(":vpc-lattice:"))
        });
        if context.get("elb").is_some_and(Value::is_object) {
            let multi = event.get("multiValueHeaders").is_some_and(Value::is_object);
            Ok(Self::Alb(if multi { HeaderMode::MultiValue } else { HeaderMode::Single }))
        } else if is_lattice {
            Ok(Self::LatticeV2)
        } else if has("authorizationToken")
            && (context.contains_key("apiId") || context.contains_key("queryString"))
        {
            Ok(Self::AppSync)
        } else if context.get("http").is_some_and(Value::is_object) {
            // An integration behind an authorizer carries what that one said.
            if context.contains_key("authorizer") {
                Err(UnknownEvent::Integration)
            } else {
                Ok(Self::FunctionUrl)
            }
        } else if has("httpMethod") {
            Err(UnknownEvent::Integration)
        } else {
            Err(UnknownEvent::Unknown)
        }
    }

    pub(crate) const fn family(self) -> AnswerFamily {
        match self {
            Self::RestToken | Self::RestRequest | Self::HttpV1 => AnswerFamily::Policy,
            Self::WebSocket => AnswerFamily::ConnectPolicy,
            Self::HttpV2 => AnswerFamily::SimpleOrPolicy,
            Self::AppSync => AnswerFamily::AppSync,
            Self::Alb(_) | Self::FunctionUrl | Self::LatticeV1 | Self::LatticeV2 => AnswerFamily::Http,
        }
    }

    /// The name for logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RestToken => "rest_token",
            Self::RestRequest => "rest_request",
            Self::HttpV1 => "http_v1",
            Self::HttpV2 => "http_v2",
            Self::WebSocket => "web_socket",
            Self::AppSync => "appsync",
            Self::Alb(HeaderMode::Single) => "alb",
            Self::Alb(HeaderMode::MultiValue) => "alb_multi_value",
            Self::FunctionUrl => "function_url",
            Self::LatticeV1 => "lattice_v1",
            Self::LatticeV2 => "lattice_v2",
        }
    }
}

fn is_web_socket(event: &Payload) -> bool {
    let context = event.get("requestContext").and_then(Value::as_object);
    let by_context =
        context.is_some_and(|context| context.get("eventType").and_then(Value::as_str) == Some("CONNECT"));
    let arn = event.get("methodArn").and_then(Value::as_str).unwrap_or_default();
    by_context || arn.ends_with("/$connect")
}
