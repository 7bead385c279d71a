//! Whoever is calling, found out before any route that needs to know.

use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use token::Principal;

use crate::{conversation::Owner, refusal::Refusal, service::Shared};

/// A caller who is known.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// What is theirs is found under this.
    pub(crate) owner: Owner,
}

/// Lets requests of known callers through.
pub(crate) async fn identify(State(service): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match service.access.principal(&parts, service.now()).await {
        Ok(principal) => {
            let owner = Owner::of(&principal);
            parts.extensions.insert(Caller { principal, owner });
            next.run(Request::from_parts(parts, Body::new(body))).await
        }
        Err(problem) => problem.into_response(),
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // A route that is not behind `identify` has no caller, and so no answer.
        parts.extensions.get::<Self>().cloned().ok_or(Refusal::Unauthenticated(None))
    }
}

impl<S: Sync> FromRequestParts<S> for crate::door::Deadline {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_else(|| Self::after(None)))
    }
}
