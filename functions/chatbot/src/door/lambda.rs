//! The doors on Lambda: events in, answers out, whole or as a stream.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, BodyDataStream},
};
use http::header::SET_COOKIE;
use lambda_runtime::{FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, service_fn};
use serde_json::Value;
use token::Moment;
use tower::ServiceExt;

use super::{Deadline, UnknownEvent, event::ProxyEvent, response};
use crate::service::Clock;

/// What it takes to keep a cut answer and to say so.
const RESERVE: Duration = Duration::from_millis(2500);

/// The router behind events.
#[derive(Clone)]
pub(crate) struct LambdaDoor {
    router: Router,
    clock: Clock,
    /// Whether answers leave as they are made, which the function's invoker must
    /// be set to.
    streams: bool,
}

/// What goes back to the Runtime API.
type Answer = FunctionResponse<Value, BodyDataStream>;

/// Answers events until this process ends.
pub(crate) async fn serve_lambda(door: LambdaDoor) -> Result<(), lambda_runtime::Error> {
    let handler = move |event: LambdaEvent<Value>| {
        let door = door.clone();
        async move { door.answer(&event.payload, event.context.deadline).await }
    };
    lambda_runtime::run_concurrent(service_fn(handler)).await
}

impl LambdaDoor {
    pub(crate) fn new(router: Router, clock: Clock, streams: bool) -> Self {
        Self { router, clock, streams }
    }

    /// Answers one event; the deadline is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`] where it is no request; every request gets an answer.
    pub(crate) async fn answer(&self, event: &Value, deadline_millis: u64) -> Result<Answer, UnknownEvent> {
        let event = ProxyEvent::read(event)?;
        let kind = event.kind;
        let mut request = event.to_request().map(Body::from);
        request.extensions_mut().insert(event.origin());
        request.extensions_mut().insert(deadline((self.clock)(), deadline_millis));
        let Ok(answer) = self.router.clone().oneshot(request).await;
        if self.streams {
            return Ok(FunctionResponse::StreamingResponse(streamed(answer)));
        }
        let answer = response::render(answer, kind).await.map_err(|_| UnknownEvent::Answer)?;
        Ok(FunctionResponse::BufferedResponse(answer))
    }
}

fn deadline(now: Moment, deadline_millis: u64) -> Deadline {
    let left = Duration::from_millis(deadline_millis.saturating_sub(now.unix_millis()));
    // A test event of the console has no deadline.
    Deadline::after((deadline_millis > 0).then(|| left.saturating_sub(RESERVE)))
}

/// Status and headers go ahead of the body, cookies beside the headers.
fn streamed(answer: axum::response::Response) -> StreamResponse<BodyDataStream> {
    let (mut parts, body) = answer.into_parts();
    let cookies = parts.headers.get_all(SET_COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect();
    parts.headers.remove(SET_COOKIE);
    let metadata_prelude = MetadataPrelude { status_code: parts.status, headers: parts.headers, cookies };
    StreamResponse { metadata_prelude, stream: body.into_data_stream() }
}
