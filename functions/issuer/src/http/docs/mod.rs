//! `GET /openapi.json` and `GET /docs`: this API described, for programs and
//! for people.
//!
//! Both come from one document, made once at start. The page holds everything
//! it shows: it runs no script and asks nobody for anything, so its policy can
//! forbid both.

mod document;
mod html;
mod operation;
mod page;
mod schema;

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// How the page looks.
const STYLE: &str = include_str!("style.css");

/// The document in both forms.
pub(crate) struct Documents {
    json: Bytes,
    html: Bytes,
    /// What the page may do, which is to use this one style.
    policy: HeaderValue,
}

impl Documents {
    pub(super) fn new(document: &utoipa::openapi::OpenApi) -> Self {
        let document = serde_json::to_value(document).unwrap_or_default();
        Self {
            json: document.to_string().into(),
            html: page::of(&document, STYLE).into(),
            policy: policy().unwrap_or(super::headers::NO_PAGE),
        }
    }
}

fn policy() -> Option<HeaderValue> {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

/// Describes this API as OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, description = "The document", body = Value, content_type = "application/json")),
)]
pub(crate) async fn json(Extension(documents): Extension<Arc<Documents>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], documents.json.clone()).into_response()
}

/// Describes this API for people.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "operation",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")),
)]
pub(crate) async fn page(Extension(documents): Extension<Arc<Documents>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, documents.policy.clone()),
    ];
    (headers, documents.html.clone()).into_response()
}
