//! One case: what Kong makes of it, what we make of it, and why.

use std::fmt;

use registry::Revocation;
use serde_json::{Value, json};

use crate::{credential::Credentials, request::Request};

/// What Kong's plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kong {
    Accepts,
    /// 401.
    Refuses,
    /// 500, or it cannot be set up in the first place.
    Fails,
    /// It has nothing of the kind.
    Lacks,
}

/// What the authorizer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ours {
    /// Lets in the consumer whose credential this is, as the credential says.
    Accepts(&'static str),
    /// Lets in a user.
    AcceptsUser,
    /// `Unauthorized`.
    Refuses,
    /// Any other error: could not tell.
    Fails,
}

/// What happens before the request, in this order.
pub(crate) enum Change {
    /// Writes a credential.
    Put(&'static str, Value),
    Delete(&'static str),
    Revoke(Revocation),
    /// The request is accepted up to here, so that what follows is what counts.
    AcceptedFirst(Request),
}

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) kong: Kong,
    pub(crate) ours: Ours,
    /// Why ours is not Kong's outcome; empty where it is.
    pub(crate) why: &'static str,
    pub(crate) changes: Vec<Change>,
    pub(crate) request: Request,
}

#[derive(Default)]
pub(crate) struct Tally {
    agree: usize,
    differ: Vec<(String, &'static str)>,
    beyond: usize,
    pub(crate) without_reason: Vec<String>,
}

impl Row {
    /// A row in which we do as Kong does.
    pub(crate) fn same(name: impl Into<String>, ours: Ours, request: Request) -> Self {
        let kong = match ours {
            Ours::Accepts(_) | Ours::AcceptsUser => Kong::Accepts,
            Ours::Refuses => Kong::Refuses,
            Ours::Fails => Kong::Fails,
        };
        Self { name: name.into(), kong, ours, why: "", changes: Vec::new(), request }
    }

    /// A row in which we do not.
    pub(crate) fn differs(
        name: impl Into<String>,
        kong: Kong,
        ours: Ours,
        why: &'static str,
        request: Request,
    ) -> Self {
        Self { name: name.into(), kong, ours, why, changes: Vec::new(), request }
    }

    /// A row about something that Kong does not have.
    pub(crate) fn beyond(name: impl Into<String>, ours: Ours, request: Request) -> Self {
        Self { name: name.into(), kong: Kong::Lacks, ours, why: "", changes: Vec::new(), request }
    }

    pub(crate) fn after(self, changes: Vec<Change>) -> Self {
        Self { changes, ..self }
    }

    fn agrees(&self) -> bool {
        matches!(
            (self.kong, self.ours),
            (Kong::Accepts, Ours::Accepts(_) | Ours::AcceptsUser)
                | (Kong::Refuses, Ours::Refuses)
                | (Kong::Fails, Ours::Fails)
        )
    }

    pub(crate) fn check(&self, answer: &Value, credentials: &Credentials) {
        let name = &self.name;
        match self.ours {
            Ours::Refuses => {
                assert_eq!(answer["errorMessage"], "Unauthorized", "{name}: {answer}");
            }
            Ours::Fails => {
                let told = answer["errorMessage"].as_str();
                assert!(told.is_some_and(|told| told != "Unauthorized"), "{name}: {answer}");
            }
            Ours::AcceptsUser => {
                assert!(is_allowed(answer), "{name}: {answer}");
                assert_eq!(answer["context"]["caller"], "user", "{name}");
            }
            Ours::Accepts(key) => {
                assert!(is_allowed(answer), "{name}: {answer}");
                let mut context = answer["context"].as_object().unwrap().clone();
                for from_token in ["exp", "jti"] {
                    context.remove(from_token);
                }
                assert_eq!(Value::from(context), expected_context(key, &credentials[key]), "{name}");
            }
        }
    }
}

fn is_allowed(answer: &Value) -> bool {
    answer["isAuthorized"] == true
        || answer.pointer("/policyDocument/Statement/0/Effect").is_some_and(|effect| effect == "Allow")
}

/// All that the backend learns about a consumer, and nothing from its token.
fn expected_context(key: &str, item: &Value) -> Value {
    let consumer = item["consumer"]["S"].as_str().unwrap();
    let mut context = json!({
        "sub": format!("consumer:{consumer}"),
        "role": item["role"]["S"],
        "caller": "consumer",
        "consumer": consumer,
        "credential": key,
    });
    if let Some(custom_id) = item.pointer("/custom_id/S") {
        context["custom_id"] = custom_id.clone();
    }
    context
}

impl Tally {
    pub(crate) fn add(&mut self, row: &Row) {
        if row.kong == Kong::Lacks {
            self.beyond += 1;
        } else if row.agrees() {
            self.agree += 1;
            assert_eq!(row.why, "", "{}: a reason for no difference", row.name);
        } else if row.why.is_empty() {
            self.without_reason.push(row.name.clone());
        } else {
            self.differ.push((row.name.clone(), row.why));
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.agree + self.differ.len() + self.beyond;
        writeln!(
            f,
            "{rows} rows: {} agree with Kong, {} differ by design, {} are beyond Kong",
            self.agree,
            self.differ.len(),
            self.beyond
        )?;
        self.differ.iter().try_for_each(|(name, why)| writeln!(f, "- {name}: {why}"))
    }
}
