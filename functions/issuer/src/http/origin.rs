//! Where a request came from, for those that want to know.

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};

use crate::origin::Origin;

/// The longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT_CHARS: usize = 256;

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Returns where `request` came from, under the id that it was given.
pub(super) fn origin_of(request: &Request, request_id: &str) -> Origin {
    let peer = request.extensions().get::<Peer>();
    Origin {
        address: peer.map(|peer| peer.0.ip()),
        user_agent: user_agent(request.headers()),
        request_id: Some(request_id.to_owned()),
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|character| !character.is_control()).take(MAX_USER_AGENT_CHARS).collect())
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
