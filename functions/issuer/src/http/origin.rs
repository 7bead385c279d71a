//! Where a request came from, for those that want to know.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use listener::Peer;

use crate::{forwarded::AddressHeader, issuer::Issuer, origin::Origin};

/// The longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT_CHARS: usize = 256;

/// Returns where `request` came from, under the id that it was given.
pub(super) fn origin_of(request: &Request, request_id: &str, issuer: &Issuer) -> Origin {
    let peer = request.extensions().get::<Peer>();
    Origin {
        address: peer.map(|peer| client_address(request.headers(), peer.0.ip(), issuer)),
        user_agent: user_agent(request.headers()),
        request_id: Some(request_id.to_owned()),
    }
}

fn client_address(headers: &HeaderMap, peer: IpAddr, issuer: &Issuer) -> IpAddr {
    let proxies = &issuer.proxies;
    let names_a_client = AddressHeader::ALL.iter().any(|header| headers.contains_key(header.name()));
    if names_a_client && !proxies.trusted.contain(peer) {
        proxies.note_ignored(issuer.moment());
    }
    let lines = headers.get_all(proxies.header.name()).iter();
    proxies.client(peer, lines.map(HeaderValue::as_bytes))
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
