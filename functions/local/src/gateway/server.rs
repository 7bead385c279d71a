//! One API on one port.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{
    authorization::Authorizer,
    header_case::{Connection, RecordingListener},
    kind::Kind,
    proxy_event, proxy_response,
    refusal::Refusal,
    reply::Reply,
    request::{Limits, Request},
    request_context,
    result_cache::ResultCache,
    route::Route,
    streamed_response,
};
use crate::{
    clock::Clock,
    lambda::{Begun, Function, Outcome},
};

/// With authorization on, API Gateway answers a longer method ARN with a 414.
const MAX_ARN_BYTES: usize = 1600;

/// What the templates let a page of another origin send: the last ones are those
/// of the official clients of OpenAI's format.
const ALLOWED_HEADERS: &str = "authorization,content-type,idempotency-key,openai-organization,openai-project,\
    x-stainless-arch,x-stainless-helper-method,x-stainless-lang,x-stainless-os,x-stainless-package-version,\
    x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout";

const LIMITS: Limits = Limits { body_bytes: 10 * 1024 * 1024, header_bytes: 10_240 };

/// How long each kind of integration may take; for one that streams, until its
/// answer begins. After that the function's own time limits it.
const REST_LIMIT: Duration = Duration::from_secs(29);
const HTTP_API_LIMIT: Duration = Duration::from_secs(30);
const STREAM_LIMIT: Duration = Duration::from_mins(5);

pub(crate) struct Settings {
    pub(crate) kind: Kind,
    pub(crate) authorizer: Arc<Function>,
    pub(crate) integration: Arc<Function>,
    /// For the routes whose answers a REST API streams.
    pub(crate) streaming_integration: Arc<Function>,
    /// How long an authorizer's answer is cached.
    pub(crate) cache_time: Duration,
    pub(crate) clock: Clock,
}

#[derive(Clone)]
pub(crate) struct Gateway(Arc<Inner>);

struct Inner {
    kind: Kind,
    authorizer: Authorizer,
    integration: Arc<Function>,
    streaming_integration: Arc<Function>,
    clock: Clock,
}

impl Gateway {
    pub(crate) fn new(settings: Settings) -> Self {
        let Settings { kind, authorizer, integration, streaming_integration, cache_time, clock } = settings;
        let cache = ResultCache::new(cache_time);
        let authorizer = Authorizer { kind, function: authorizer, cache, clock: Arc::clone(&clock) };
        Self(Arc::new(Inner { kind, authorizer, integration, streaming_integration, clock }))
    }

    pub(crate) async fn serve(self, listener: TcpListener) {
        let router = Router::new().fallback(handle).with_state(self);
        let service = router.into_make_service_with_connect_info::<Connection>();
        // Runs until its task is aborted.
        let _ = axum::serve(RecordingListener(listener), service).await;
    }
}

async fn handle(
    State(gateway): State<Gateway>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let kind = gateway.0.kind;
    let time = (gateway.0.clock)().wall;
    let (id, mut reply) = match Request::read(request, &connection, time, LIMITS).await {
        Ok(request) => (request.id.clone(), gateway.0.answer(&request).await),
        Err(refusal) => (Uuid::new_v4().to_string(), refusal.reply(kind)),
    };
    if !kind.is_rest() && !reply.has("access-control-allow-origin") {
        // An HTTP API with CORS settings says this on every answer itself.
        reply.headers.extend(pairs(SHARED));
    }
    let mut response = reply.into_response();
    let id_header =
        HeaderName::from_static(if kind.is_rest() { "x-amzn-requestid" } else { "apigw-requestid" });
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(id_header, id);
    }
    response
}

impl Inner {
    async fn answer(&self, request: &Request) -> Reply {
        let reply = match self.forward(request).await {
            Ok(reply) => reply,
            Err(refusal) => {
                tracing::info!(api = ?self.kind, method = request.method, path = request.path, ?refusal, "refused");
                return refusal.reply(self.kind);
            }
        };
        tracing::info!(api = ?self.kind, method = request.method, path = request.path, status = reply.status, "answered");
        reply
    }

    async fn forward(&self, request: &Request) -> Result<Reply, Refusal> {
        if request.method == "OPTIONS" {
            return Ok(preflight(self.kind));
        }
        let route = Route::find(request).ok_or(Refusal::NoSuchRoute)?;
        let caller = if route.needs_authorizer {
            if request_context::arn(self.kind, request).len() > MAX_ARN_BYTES {
                return Err(Refusal::UriTooLong);
            }
            Some(self.authorizer.authorize(request, &route).await?)
        } else {
            None
        };
        let event = proxy_event::build(self.kind, request, &route, caller).to_string();
        if self.kind.streams() && route.streams {
            let opened = tokio::time::timeout(STREAM_LIMIT, self.integrate_streaming(event));
            opened.await.map_err(|_| Refusal::IntegrationTimedOut)?
        } else {
            let limit = if self.kind.is_rest() { REST_LIMIT } else { HTTP_API_LIMIT };
            let answered = tokio::time::timeout(limit, self.integrate(event));
            answered.await.map_err(|_| Refusal::IntegrationTimedOut)?
        }
    }

    async fn integrate(&self, event: String) -> Result<Reply, Refusal> {
        match self.integration.invoke(event.into()).await {
            Outcome::Answer(output) => {
                let parsed = proxy_response::parse(self.kind, &output);
                let mut reply = parsed.map_err(|malformed| self.failed(&malformed))?;
                if !self.kind.is_rest() {
                    // It passes over what its integration says of this.
                    reply.headers.retain(|(name, _)| !name.starts_with("access-control-"));
                }
                Ok(reply)
            }
            Outcome::Error(error) => Err(self.failed(&error.error_message)),
        }
    }

    /// Returns as soon as status and headers are known.
    async fn integrate_streaming(&self, event: String) -> Result<Reply, Refusal> {
        match self.streaming_integration.invoke_streaming(event.into()).await {
            Begun::Streamed(streamed) => {
                let mut reply =
                    streamed_response::open(streamed).await.map_err(|malformed| self.failed(&malformed))?;
                proxy_response::remap(&mut reply);
                Ok(reply)
            }
            Begun::Whole(Outcome::Answer(_)) => Err(self.failed(&"the function did not stream its answer")),
            Begun::Whole(Outcome::Error(error)) => Err(self.failed(&error.error_message)),
        }
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> Refusal {
        tracing::error!(api = ?self.kind, %why, "the integration failed");
        Refusal::IntegrationFailed
    }
}

/// What a REST API cannot add to the answers of its integration.
const SHARED: [(&str, &str); 2] = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "retry-after,www-authenticate,x-should-retry"),
];

/// Answered by the gateway, without authorizer and integration.
fn preflight(kind: Kind) -> Reply {
    let headers = pairs([
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET,POST,PUT,PATCH,DELETE,OPTIONS"),
        ("access-control-allow-headers", ALLOWED_HEADERS),
        ("access-control-max-age", "600"),
    ]);
    let status = if kind.is_rest() { 200 } else { 204 };
    Reply { status, headers: headers.collect(), body: bytes::Bytes::new(), more: None }
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> impl Iterator<Item = (String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter()
}
