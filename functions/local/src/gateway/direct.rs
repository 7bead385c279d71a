//! The doors with no authorizer in front: the function checks tokens itself.

use std::{fmt::Display, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use super::{
    function_url,
    header_case::{Connection, RecordingListener},
    load_balancer,
    malformed::Malformed,
    refusal::Refusal,
    reply::Reply,
    request::{Limits, Request},
    streamed_response,
};
use crate::{
    clock::Clock,
    lambda::{Begun, Function, Outcome},
};

/// What can stand before a function besides API Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direct {
    /// A load balancer whose target group has multi-value headers off.
    LoadBalancer,
    /// One whose target group has them on.
    LoadBalancerMultiValue,
    /// A function URL that waits for the whole answer.
    FunctionUrl,
    /// One that streams.
    FunctionUrlStreaming,
}

impl Direct {
    pub const ALL: [Self; 4] =
        [Self::LoadBalancer, Self::LoadBalancerMultiValue, Self::FunctionUrl, Self::FunctionUrlStreaming];

    pub const fn title(self) -> &'static str {
        match self {
            Self::LoadBalancer => "Load balancer",
            Self::LoadBalancerMultiValue => "Load balancer, multi-value",
            Self::FunctionUrl => "Function URL",
            Self::FunctionUrlStreaming => "Function URL, streaming",
        }
    }

    /// The function behind it.
    pub(crate) const fn function(self) -> &'static str {
        match self {
            Self::LoadBalancer | Self::LoadBalancerMultiValue | Self::FunctionUrl => "chatbot",
            Self::FunctionUrlStreaming => "chatbot-stream",
        }
    }

    pub(super) const fn is_load_balancer(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::LoadBalancerMultiValue)
    }

    const fn limits(self) -> Limits {
        if self.is_load_balancer() { load_balancer::LIMITS } else { function_url::LIMITS }
    }

    fn event(self, request: &Request) -> String {
        let event = match self {
            Self::LoadBalancer => load_balancer::event(request, false),
            Self::LoadBalancerMultiValue => load_balancer::event(request, true),
            Self::FunctionUrl | Self::FunctionUrlStreaming => function_url::event(self, request),
        };
        event.to_string()
    }

    fn refuse(self, refusal: Refusal) -> Reply {
        if self.is_load_balancer() { load_balancer::refuse(refusal) } else { function_url::refuse(refusal) }
    }
}

/// One of them on one port.
#[derive(Clone)]
pub(crate) struct DirectDoor {
    pub(crate) kind: Direct,
    pub(crate) function: Arc<Function>,
    pub(crate) clock: Clock,
}

impl DirectDoor {
    pub(crate) async fn serve(self, listener: TcpListener) {
        let router = Router::new().fallback(handle).with_state(self);
        let service = router.into_make_service_with_connect_info::<Connection>();
        // Runs until its task is aborted.
        let _ = axum::serve(RecordingListener(listener), service).await;
    }

    async fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        let event = self.kind.event(request).into();
        let parsed = match self.kind {
            Direct::FunctionUrlStreaming => match self.function.invoke_streaming(event).await {
                Begun::Streamed(streamed) if streamed.is_http_integration() => {
                    streamed_response::open(streamed).await.map(function_url::remapped)
                }
                Begun::Streamed(streamed) => Ok(function_url::raw(streamed)),
                Begun::Whole(outcome) => self.parse(outcome),
            },
            _ => self.parse(self.function.invoke(event).await),
        };
        parsed.map_err(|malformed| self.failed(&malformed))
    }

    fn parse(&self, outcome: Outcome) -> Result<Reply, Malformed> {
        let output = match outcome {
            Outcome::Answer(output) => output,
            Outcome::Error(error) => return Err(Malformed::new(error.error_message)),
        };
        match self.kind {
            Direct::LoadBalancer => load_balancer::parse(&output, false),
            Direct::LoadBalancerMultiValue => load_balancer::parse(&output, true),
            Direct::FunctionUrl | Direct::FunctionUrlStreaming => function_url::parse(&output),
        }
    }

    fn failed(&self, why: &dyn Display) -> Refusal {
        tracing::error!(door = ?self.kind, %why, "the function failed");
        Refusal::IntegrationFailed
    }
}

async fn handle(
    State(door): State<DirectDoor>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let time = (door.clock)().wall;
    let answered = match Request::read(request, &connection, time, door.kind.limits()).await {
        Ok(request) => {
            let answered = door.answer(&request).await;
            let status = answered.as_ref().map_or(0, |reply| reply.status);
            tracing::info!(door = ?door.kind, method = request.method, path = request.path, status, "answered");
            answered
        }
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(|refusal| door.kind.refuse(refusal)).into_response()
}
