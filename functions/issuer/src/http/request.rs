//! What happens around every request: its id, its time limit, and the answers
//! where no route fits.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{error::ApiError, origin::origin_of};
use crate::{ids::new_id, issuer::Issuer};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over from a proxy.
const MAX_ID_BYTES: usize = 64;

/// How long a request may take. Well within the grace in which a refresh may be
/// sent again, so that one that timed out still can be.
const MAX_DURATION: Duration = Duration::from_secs(5);

/// Gives the request an id, under which the log and the answer speak of it.
pub(crate) async fn identify(
    State(issuer): State<Arc<Issuer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let request_id = sent_id(request.headers())
        .map(str::to_owned)
        .or_else(|| new_id(issuer.now()).ok())
        .unwrap_or_default();
    let origin = origin_of(&request, &request_id, &issuer);
    request.extensions_mut().insert(origin);
    let span = tracing::info_span!("request", request_id);
    let mut response = next.run(request).instrument(span).await;

    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    // RFC 6749 section 5.1 asks for it on tokens; nothing else here is for a
    // cache either.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(MAX_DURATION, next.run(request)).await;
    answered.unwrap_or_else(|_| {
        tracing::error!("a request took too long");
        ApiError::TimedOut.into_response()
    })
}

pub(crate) async fn unknown_route() -> ApiError {
    ApiError::NotFound
}

/// The router adds which methods there are, to either answer.
pub(crate) async fn wrong_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    ApiError::MethodNotAllowed.into_response()
}

/// The id that a proxy gave, where it is fit for a log.
fn sent_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=:/+".contains(&byte);
    ((1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(fit)).then_some(id)
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_answered_in_time() {
        let hanging =
            Router::new().route("/", get(std::future::pending::<()>)).layer(middleware::from_fn(limit_time));
        let response = hanging.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn an_id_from_outside_is_fit_for_a_log() {
        let check = |text: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(text).unwrap())]);
            sent_id(&headers).is_some()
        };
        assert!(check("Root=1-67891233-abcdef012345678912345678"));
        assert!(check(&"x".repeat(64)));
        for unfit in ["", "a b", "a\"b", "{}", &"x".repeat(65)] {
            assert!(!check(unfit), "{unfit}");
        }
    }
}
