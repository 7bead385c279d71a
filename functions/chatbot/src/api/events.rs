//! An answer as server-sent events (HTML Standard, section 9.2).

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response, Sse,
    sse::{Event, KeepAlive},
};
use futures_util::stream;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::spent::Spent;
use crate::{
    exchange::{Step, Steps},
    refusal::Refusal,
};

/// How often a line is sent while the model says nothing, so that nothing on
/// the way takes the connection for dead.
pub(super) const PING: Duration = Duration::from_secs(15);

/// What is left to be said of an answer.
enum Left {
    Start(Value, Steps),
    Steps(Steps),
    Done(Value),
    Nothing,
}

/// Waits a while for the first of an answer, and returns all of it as events after one
/// that says `start`.
///
/// # Errors
///
/// What went wrong before there was anything to send.
pub(super) async fn stream(start: &Value, steps: Steps) -> Result<Response, Refusal> {
    let left = Left::Start(start.clone(), steps.begun(PING).await?);
    Ok(respond(stream::unfold(left, next)))
}

/// Returns events as a response that nobody on the way holds back.
pub(super) fn respond(
    events: impl stream::Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    let keep_alive = KeepAlive::new().interval(PING).text("ping");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

async fn next(left: Left) -> Option<(Result<Event, Infallible>, Left)> {
    let (event, left) = match left {
        Left::Start(start, steps) => (event("start", &start), Left::Steps(steps)),
        Left::Steps(mut steps) => match steps.next().await? {
            Step::Text(text) => (event("delta", &json!({"text": text})), Left::Steps(steps)),
            Step::End(end) => {
                let done = json!({"finish_reason": end.finish.name()});
                (event("usage", &json!(Spent::from(end.usage))), Left::Done(done))
            }
            Step::Broke(problem) => (event("error", &problem.to_json()), Left::Nothing),
        },
        Left::Done(done) => (event("done", &done), Left::Nothing),
        Left::Nothing => return None,
    };
    Some((Ok(event), left))
}

/// JSON has no line breaks of its own, so that one line of data holds it.
fn event(name: &str, data: &Value) -> Event {
    Event::default().event(name).data(data.to_string())
}
