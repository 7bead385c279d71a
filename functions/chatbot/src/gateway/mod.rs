//! The front for API Gateway: proxy events in, proxy responses out.
//!
//! The principal comes from the authorizer's context in the event and from
//! nowhere else: not from a header, which anybody can send.

mod event;
mod response;

use axum::{Router, body::Body};
use lambda_runtime::Diagnostic;
use serde_json::Value;
use tower::ServiceExt;

use event::ProxyEvent;

/// A router behind API Gateway.
#[derive(Clone)]
pub struct Front {
    router: Router,
}

/// The event is of no kind that this function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEvent {
    /// An event for an authorizer looks nearly like a request, and answering it
    /// as one would let everybody in.
    #[error("the event is for an authorizer, not for the chatbot")]
    Authorizer,
    #[error("the event is not a proxy event of a REST API or of an HTTP API with payload format 2.0")]
    Shape,
    #[error("the answer could not be written")]
    Answer,
}

impl From<UnknownEvent> for Diagnostic {
    fn from(error: UnknownEvent) -> Self {
        Self { error_type: "UnknownEvent".into(), error_message: error.to_string() }
    }
}

impl Front {
    pub fn new(router: Router) -> Self {
        Self { router }
    }

    /// Answers one event.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`] where it is no request; every request gets an answer.
    pub async fn answer(&self, event: &Value) -> Result<Value, UnknownEvent> {
        let event = ProxyEvent::read(event)?;
        let kind = event.kind;
        let mut request = event.to_request();
        if let Some(principal) = event.principal() {
            request.extensions_mut().insert(principal);
        }
        let Ok(answer) = self.router.clone().oneshot(request.map(Body::from)).await;
        response::render(answer, kind).await.map_err(|_| UnknownEvent::Answer)
    }
}

#[cfg(test)]
mod tests;
