//! Which web pages of other origins may read the answers (CORS).
//!
//! None, unless the settings say which. A page is never lent its user's cookies:
//! a token travels in a header that the page must know.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, uri::Authority};
use token::SettingsReader;

use crate::service::Shared;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");

/// What a page may read besides the body. Clients of OpenAI's format look at the
/// last one before they try again.
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, WWW-Authenticate, X-Should-Retry");

/// How long a browser may remember what it was allowed, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The pages that may read the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Those of this origin alone, or whom a gateway in front lets read.
    Own,
    Every,
    /// Those of one other origin.
    Of(HeaderValue),
}

impl Readers {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let name = "CHAT_CORS_ALLOW_ORIGIN";
        match reader.optional(name).as_deref() {
            None => Self::Own,
            Some("*") => Self::Every,
            Some(text) => origin(text).map_or_else(
                || {
                    let what = "is neither * nor one origin as browsers write it, such as \
                                https://app.example.com: scheme, host in lower case, and the port where \
                                it is not the usual one";
                    reader.fault(name, what);
                    Self::Own
                },
                Self::Of,
            ),
        }
    }

    /// Says in `headers` who may read the answer; nothing where nobody else may.
    fn allow(&self, headers: &mut HeaderMap) {
        let origin = match self {
            Self::Own => return,
            Self::Every => HeaderValue::from_static("*"),
            Self::Of(origin) => {
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
                origin.clone()
            }
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// Returns an origin that a web page can have: compared byte by byte, any other
/// spelling would allow nobody.
fn origin(text: &str) -> Option<HeaderValue> {
    let (scheme, host) = text.split_once("://")?;
    let usual_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority: Authority = host.parse().ok()?;
    let is_host = authority.as_str() == host
        && !authority.host().is_empty()
        && !host.contains(['@', '*'])
        && !host.ends_with(':')
        && !host.bytes().any(|byte| byte.is_ascii_uppercase())
        && authority.port_u16() != Some(usual_port);
    is_host.then(|| HeaderValue::from_str(text).ok()).flatten()
}

/// Lets the pages that may read the answer read it, and answers the question
/// that a browser asks first, which never carries a token (Fetch standard, "CORS
/// preflight"). Some gateways answer that themselves; a load balancer does not.
pub(super) async fn share(State(service): State<Shared>, mut request: Request, next: Next) -> Response {
    let readers = &service.readers;
    let is_question = *readers != Readers::Own
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_question {
        permission(request.headers_mut().remove(header::ACCESS_CONTROL_REQUEST_HEADERS))
    } else {
        next.run(request).await
    };
    readers.allow(response.headers_mut());
    response
}

/// A page may send whatever it asks to send: clients of OpenAI's format have
/// headers of their own, and more with each version.
fn permission(asked: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    if let Some(asked) = asked {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Readers, String> {
        let environment = |name: &str| (name == "CHAT_CORS_ALLOW_ORIGIN").then(|| value.to_owned());
        let mut reader = SettingsReader::new(&environment);
        let readers = Readers::read(&mut reader);
        reader.finish(readers).map_err(|faults| faults.to_string())
    }

    #[test]
    fn everybody_reads_or_one_origin_as_browsers_write_it() {
        assert_eq!(read("*"), Ok(Readers::Every));
        for good in ["https://app.example.com", "https://app.example.com:8443", "http://127.0.0.1:3000"] {
            assert_eq!(read(good), Ok(Readers::Of(HeaderValue::from_static(good))));
        }
        for bad in [
            "null",
            "app.example.com",
            "https://",
            "https://*",
            "https://*.example.com",
            "https://app.example.com/",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:",
            "https://user@app.example.com",
            "https://a.example.com,https://b.example.com",
            "https://a.example.com https://b.example.com",
            "file://app.example.com",
        ] {
            let told = read(bad).unwrap_err();
            assert!(told.contains("CHAT_CORS_ALLOW_ORIGIN is neither * nor one origin"), "{bad}: {told}");
        }
    }
}
