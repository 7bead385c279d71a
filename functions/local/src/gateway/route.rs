//! The routes of the API, as the templates under `infra/` declare them.

use super::request::Request;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The method as declared: `POST`, or `ANY`.
    pub(super) method: &'static str,
    pub(super) resource: &'static str,
    pub(super) needs_authorizer: bool,
    /// Whether a REST API hands the answer on as it comes, out of the function
    /// that streams. An HTTP API cannot.
    pub(super) streams: bool,
    /// What `{proxy+}` stands for, decoded.
    pub(super) proxy: Option<String>,
}

struct Declared {
    method: &'static str,
    resource: &'static str,
    needs_authorizer: bool,
    streams: bool,
}

const fn declare(method: &'static str, resource: &'static str) -> Declared {
    Declared { method, resource, needs_authorizer: true, streams: false }
}

const fn open(method: &'static str, resource: &'static str) -> Declared {
    Declared { needs_authorizer: false, ..declare(method, resource) }
}

const fn streaming(method: &'static str, resource: &'static str) -> Declared {
    Declared { streams: true, ..declare(method, resource) }
}

/// In order of preference: an exact path before a greedy one.
const ROUTES: [Declared; 6] = [
    open("GET", "/"),
    open("GET", "/healthz"),
    streaming("POST", "/api/chat"),
    streaming("POST", "/v1/chat/completions"),
    declare("ANY", "/api/{proxy+}"),
    declare("ANY", "/v1/{proxy+}"),
];

impl Route {
    pub(super) fn find(request: &Request) -> Option<Self> {
        ROUTES.iter().find_map(|declared| {
            let method_fits = declared.method == "ANY" || declared.method == request.method;
            let proxy = match_path(declared.resource, &request.path)?;
            let Declared { method, resource, needs_authorizer, streams } = *declared;
            method_fits.then_some(Self { method, resource, needs_authorizer, streams, proxy })
        })
    }

    pub(super) fn key(&self) -> String {
        format!("{} {}", self.method, self.resource)
    }
}

/// `None`: no match. `Some(None)`: matches without a greedy part.
#[expect(
    clippy::option_option,
    reason = "whether a path matches and what its greedy part is are two questions"
)]
fn match_path(resource: &str, path: &str) -> Option<Option<String>> {
    match resource.strip_suffix("{proxy+}") {
        None => (resource == path).then_some(None),
        Some(prefix) => {
            let rest = path.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
            Some(Some(percent_decoded(rest)))
        }
    }
}

fn percent_decoded(text: &str) -> String {
    // A query decoder does it, once its two special characters are out of the way.
    let escaped = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, path: &str, expected: &str) {
        let request = Request::example(method, path);
        let found = match Route::find(&request) {
            Some(route) => {
                let streams = if route.streams { " streams" } else { "" };
                format!("{} {:?} {}{streams}", route.key(), route.proxy, route.needs_authorizer)
            }
            None => "none".to_owned(),
        };
        assert_eq!(found, expected, "{method} {path}");
    }

    #[test]
    fn exact_paths_win_and_greedy_ones_need_something() {
        check("POST", "/api/chat", "POST /api/chat None true streams");
        check("GET", "/api/chat", r#"ANY /api/{proxy+} Some("chat") true"#);
        check("POST", "/api/chat/", r#"ANY /api/{proxy+} Some("chat/") true"#);
        check("DELETE", "/api/a%2Fb+c", r#"ANY /api/{proxy+} Some("a/b+c") true"#);
        check("POST", "/v1/chat/completions", "POST /v1/chat/completions None true streams");
        check("GET", "/v1/models", r#"ANY /v1/{proxy+} Some("models") true"#);
        check("GET", "/", "GET / None false");
        check("GET", "/healthz", "GET /healthz None false");
        check("POST", "/healthz", "none");
        check("GET", "/api/", "none");
        check("GET", "/api", "none");
    }
}
