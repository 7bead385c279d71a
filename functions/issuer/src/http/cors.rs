//! Which web pages of other origins may read the answers (CORS).
//!
//! None, unless named one by one. A page is never lent its user's cookies or
//! client certificate: tokens travel in a header that the page must know.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use token::SettingsReader;

use crate::issuer::Issuer;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, X-Request-Id");
const EXPOSED: HeaderValue = HeaderValue::from_static("X-Request-Id, Retry-After, WWW-Authenticate");

/// How long a browser may remember what it was allowed, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins whose pages may read the answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedOrigins(Vec<HeaderValue>);

impl AllowedOrigins {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let name = "CORS_ALLOW_ORIGINS";
        let Some(list) = reader.optional(name) else {
            return Self::default();
        };
        let origins: Option<_> = list.split(',').map(|one| origin(one.trim())).collect();
        origins.map_or_else(
            || {
                let what = "is not a comma list of origins as browsers write them, such as \
                            https://app.example.com: scheme, host in lower case, and the port where it \
                            is not the usual one; * is not one";
                reader.fault(name, what);
                Self::default()
            },
            Self,
        )
    }

    fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns the origin of a request where it is allowed.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.0.iter().find(|allowed| *allowed == origin).cloned()
    }
}

/// Returns an origin that a browser can send: compared byte by byte, any other
/// spelling would allow nobody.
fn origin(text: &str) -> Option<HeaderValue> {
    let (scheme, host) = text.split_once("://")?;
    let mut letters = scheme.bytes();
    let is_scheme = letters.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    let authority: Authority = host.parse().ok()?;
    let usual_port = matches!((scheme, authority.port_u16()), ("https", Some(443)) | ("http", Some(80)));
    let is_host = authority.as_str() == host
        && !authority.host().is_empty()
        && !host.contains(['@', '*'])
        && !host.ends_with(':')
        && !host.bytes().any(|byte| byte.is_ascii_uppercase())
        && !usual_port;
    (is_scheme && is_host).then(|| HeaderValue::from_str(text).ok()).flatten()
}

/// Lets the pages that are allowed read the answer, and answers the question
/// that a browser asks first.
pub(super) async fn share(State(issuer): State<Arc<Issuer>>, request: Request, next: Next) -> Response {
    let origins = &issuer.http.origins;
    if !origins.is_open() {
        return next.run(request).await;
    }
    let allowed = origins.allowed(request.headers());
    let asks_first = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if asks_first { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };

    let headers = response.headers_mut();
    // The answer depends on who asks, also where it allows nothing.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if asks_first {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        } else {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for good in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "capacitor://localhost",
        ] {
            assert!(origin(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://*",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com?x",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:",
            "https://user@app.example.com",
            "https://app.example.com https://b.example.com",
            "https://ä.example.com",
            "://app.example.com",
        ] {
            assert!(origin(bad).is_none(), "{bad}");
        }
    }
}
