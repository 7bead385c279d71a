//! What every answer tells browsers: nothing of this is a page to be shown, put
//! into a frame, guessed at, or named to others.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::issuer::Issuer;

const FOR_ALL: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// For what is no page: it may load nothing and is in no frame.
pub(super) const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// For a year, as lists of such hosts ask for; of this host only, for what is
/// beside it in the domain is not this program's to decide.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers that every answer has. A page brings a policy of its own.
pub(super) async fn secure(State(issuer): State<Arc<Issuer>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.extend(FOR_ALL);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NO_PAGE);
    // RFC 6797 section 7.2: never over plain HTTP.
    if issuer.http.is_over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    response
}
