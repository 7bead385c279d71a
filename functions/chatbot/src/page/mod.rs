//! The web page: one document with its style and script inside.
//!
//! One answer is all there is to it, so that it works under any path, and its
//! Content-Security-Policy names the two pieces by their hashes: nothing else
//! ever runs, and nobody else is ever asked but this server and the issuer.

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri, header};
use sha2::{Digest, Sha256};
use token::SettingsReader;

const DOCUMENT: &str = include_str!("index.html");
const STYLE: &str = include_str!("style.css");

/// In an order in which nothing is used at start before it is there.
const SCRIPTS: [&str; 19] = [
    include_str!("address.js"),
    include_str!("elements.js"),
    include_str!("event_stream.js"),
    include_str!("segments.js"),
    include_str!("blocks.js"),
    include_str!("inlines.js"),
    include_str!("prose.js"),
    include_str!("problem.js"),
    include_str!("theme.js"),
    include_str!("session.js"),
    include_str!("api.js"),
    include_str!("message.js"),
    include_str!("thread.js"),
    include_str!("conversations.js"),
    include_str!("sign_in.js"),
    include_str!("composer.js"),
    include_str!("scroller.js"),
    include_str!("side.js"),
    include_str!("page.js"),
];

/// What the page has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageSettings {
    /// Where people sign in; `None` where nobody said so.
    issuer: Option<Issuer>,
}

/// The address of the issuer, as the page uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Issuer {
    url: String,
    /// Scheme, host and port of it.
    origin: String,
}

/// The page, put together.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    document: Bytes,
    policy: HeaderValue,
}

impl PageSettings {
    /// Reads `CHAT_ISSUER_URL`, or takes `JWT_ISSUER` where that is an address.
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let name = "CHAT_ISSUER_URL";
        let issuer = match reader.optional(name) {
            None => reader.optional("JWT_ISSUER").and_then(|issuer| Issuer::parse(&issuer)),
            Some(url) => {
                let issuer = Issuer::parse(&url);
                if issuer.is_none() {
                    reader.fault(name, "is not an http or https address without query and fragment");
                }
                issuer
            }
        };
        Self { issuer }
    }
}

impl Issuer {
    fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
        let authority = uri.authority()?.as_str();
        // These end a source of the policy, or hide who is really meant.
        let is_plain = !authority.contains(['@', ';', ',', '\'', '"', '*']);
        if !is_plain || uri.query().is_some() || url.contains('#') {
            return None;
        }
        Some(Self { url: url.trim_end_matches('/').to_owned(), origin: format!("{scheme}://{authority}") })
    }
}

impl Page {
    pub(crate) fn new(settings: &PageSettings) -> Self {
        let script = SCRIPTS.concat();
        let (url, origin) = match &settings.issuer {
            Some(issuer) => (issuer.url.as_str(), issuer.origin.as_str()),
            None => ("", ""),
        };
        let document = DOCUMENT
            .replace("{{issuer}}", &attribute(url))
            .replace("<!-- style -->", &format!("<style>{STYLE}</style>"))
            .replace("<!-- script -->", &format!("<script type=\"module\">{script}</script>"));
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self' {origin}; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
            hash(&script),
            hash(STYLE),
        );
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { document: document.into(), policy }
    }

    /// `GET /`.
    pub(crate) fn answer(&self) -> Response {
        let fixed = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        let mut response = (fixed, self.document.clone()).into_response();
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

/// The source of a policy that allows exactly this text (CSP level 3, section 2.3.1).
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A text as the value of an attribute in double quotes.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<PageSettings, token::Faults> {
        let environment = |name: &str| {
            variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        };
        let mut reader = SettingsReader::new(&environment);
        let settings = PageSettings::read(&mut reader);
        reader.finish(settings)
    }

    #[test]
    fn the_page_asks_this_server_and_the_issuer_and_nobody_else() {
        let page = Page::new(&read(&[("JWT_ISSUER", "https://auth.example.com:8443/a/")]).unwrap());
        let policy = page.policy.to_str().unwrap();
        assert!(policy.contains("connect-src 'self' https://auth.example.com:8443;"), "{policy}");
        let document = String::from_utf8(page.document.to_vec()).unwrap();
        assert!(document.contains(r#"<meta name="issuer" content="https://auth.example.com:8443/a">"#));
        for marker in ["{{", "<!-- style -->", "<!-- script -->"] {
            assert!(!document.contains(marker), "{marker} is left");
        }
    }

    #[test]
    fn every_script_is_in_the_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page");
        let script = SCRIPTS.concat();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "js") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(script.contains(&text), "{} is left out", path.display());
            }
        }
    }

    #[test]
    fn style_and_script_hold_nothing_that_ends_their_element() {
        assert!(!STYLE.contains("</"));
        assert!(!SCRIPTS.concat().contains("</script"));
        assert!(!SCRIPTS.concat().contains("<!--"));
    }

    #[test]
    fn an_issuer_without_an_address_is_none_to_sign_in_at() {
        assert_eq!(read(&[("JWT_ISSUER", "our-issuer")]), Ok(PageSettings { issuer: None }));
        for url in [
            "auth.example.com",
            "ftp://auth",
            "https://a;b/",
            "https://me@auth/",
            "https://a/?b",
            "https://a/#b",
        ] {
            assert!(read(&[("CHAT_ISSUER_URL", url)]).is_err(), "{url}");
        }
    }
}
