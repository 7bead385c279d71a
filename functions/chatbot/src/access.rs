//! Who is calling: whom the door vouches for, or whose token this is.
//!
//! Every way that ends without a principal ends in a refusal.

use decision::{Decision, Gate, RequestParts, Unavailable, find, is_ambiguous};
use http::{Uri, request::Parts};
use serde_json::{Map, Value};
use token::{Moment, Principal, Reason};

use crate::{door::Origin, refusal::Refusal};

/// Finds out who is calling.
pub(crate) struct Access {
    /// `None` where only an authorizer in front can say who is calling.
    pub(crate) gate: Option<Gate>,
    /// What is granted on top of a token's `exp`, as the authorizer does.
    pub(crate) leeway_secs: u64,
    /// Gets the line that each decision made here leaves behind.
    pub(crate) write_line: fn(&str),
}

impl Access {
    /// Returns who is calling, or what to answer instead.
    pub(crate) async fn principal(&self, request: &Parts, now: Moment) -> Result<Principal, Refusal> {
        match (request.extensions.get::<Origin>(), &self.gate) {
            (Some(Origin::Gateway(Some(principal))), _) => self.vouched(principal, now),
            (Some(Origin::Gateway(None)) | None, _) => Err(Refusal::Unauthenticated(None)),
            (Some(Origin::Direct(kind)), Some(gate)) => {
                let started = gate.start();
                let decided = decide(gate, request, now).await;
                let told = decided.as_ref().map_err(|unavailable| Some(*unavailable));
                let measured = gate.measure(started, now);
                (self.write_line)(&gate.line(measured, now, Some(kind), None, told));
                answer(decided)
            }
            (Some(Origin::Direct(_)), None) => {
                tracing::error!(
                    "a request came without an authorizer, and no settings to check its token with: set JWT_SECRET_ARN, JWT_ISSUER and JWT_AUDIENCE"
                );
                Err(Refusal::Unavailable)
            }
        }
    }

    /// The gateway keeps an answer of the authorizer for a while, and may keep
    /// it past the end of the token.
    fn vouched(&self, principal: &Principal, now: Moment) -> Result<Principal, Refusal> {
        if now.wall >= principal.exp().plus(self.leeway_secs) {
            return Err(Refusal::Unauthenticated(Some("invalid_token")));
        }
        Ok(principal.clone())
    }
}

async fn decide(gate: &Gate, request: &Parts, now: Moment) -> Result<Decision, Unavailable> {
    let (headers, query) = (headers(request), query(&request.uri));
    let parts = RequestParts {
        multi_value_headers: Some(&headers),
        multi_value_query: Some(&query),
        ..RequestParts::default()
    };
    let (method, path) = (request.method.as_str(), request.uri.path());
    gate.decide(find(gate.sources(), &parts), method, path, is_ambiguous(path), now).await
}

fn answer(decided: Result<Decision, Unavailable>) -> Result<Principal, Refusal> {
    match decided {
        Ok(Decision::Allow(principal)) => Ok(principal),
        Ok(Decision::Forbidden(_)) => Err(Refusal::Forbidden),
        Ok(Decision::Unauthenticated(Reason::NoToken)) => Err(Refusal::Unauthenticated(None)),
        Ok(Decision::Unauthenticated(Reason::MultipleTokens)) => Err(Refusal::MultipleTokens),
        Ok(Decision::Unauthenticated(_)) => Err(Refusal::Unauthenticated(Some("invalid_token"))),
        Err(Unavailable(_)) => Err(Refusal::Unavailable),
    }
}

/// All values by name. What is no text becomes a text that no token is, so that
/// it counts as one more and is not passed over.
fn headers(request: &Parts) -> Map<String, Value> {
    let values = |name| {
        let all = request.headers.get_all(name).iter();
        all.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect::<Vec<_>>()
    };
    request.headers.keys().map(|name| (name.to_string(), values(name).into())).collect()
}

fn query(uri: &Uri) -> Map<String, Value> {
    let mut pairs = Map::new();
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let values = pairs.entry(name.into_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(values) = values.as_array_mut() {
            values.push(value.into_owned().into());
        }
    }
    pairs
}
