//! A handler that panics is one request without an answer, not one process less.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

/// Answers 500 where the handler panics. What the panic says is dropped: it may
/// quote the request.
pub(super) async fn catch(request: Request, next: Next) -> Response {
    let mut answering = pin!(next.run(request));
    let answered = poll_fn(|context| {
        // After a panic nothing of the handler is looked at again.
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    });
    answered.await.unwrap_or_else(|| {
        tracing::error!("a handler panicked");
        ApiError::Internal.into_response()
    })
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_with_500() {
        let panicking = Router::new()
            .route("/", get(async || -> () { panic!("quotes a secret") }))
            .layer(middleware::from_fn(catch));
        let response = panicking.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("internal") && !text.contains("secret"), "{text}");
    }
}
