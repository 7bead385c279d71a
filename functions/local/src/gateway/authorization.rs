//! Deciding about one request: identity, cache, authorizer, policy.

use std::sync::Arc;

use super::{
    authorizer_event,
    authorizer_output::{Context, Verdict},
    identity_source,
    kind::Kind,
    policy::Evaluation,
    refusal::Refusal,
    request::Request,
    request_context,
    result_cache::ResultCache,
    route::Route,
};
use crate::{
    clock::{Clock, Now},
    lambda::{Function, Outcome},
};

pub(super) struct Authorizer {
    pub(super) kind: Kind,
    pub(super) function: Arc<Function>,
    pub(super) cache: ResultCache,
    pub(super) clock: Clock,
}

/// Whom the authorizer let through, for the integration.
#[derive(Debug, Clone, Default)]
pub(super) struct Caller {
    /// HTTP APIs do not hand it on.
    pub(super) principal_id: Option<String>,
    pub(super) context: Option<Context>,
}

impl Authorizer {
    pub(super) async fn authorize(&self, request: &Request, route: &Route) -> Result<Caller, Refusal> {
        let identity = identity_source::values(self.kind, request).ok_or(Refusal::Unauthorized)?;
        let now = (self.clock)();
        if let Some(verdict) = self.cache.get(&identity, now.monotonic) {
            return self.judge(&verdict, request, now);
        }
        let verdict = Arc::new(self.ask(request, route, &identity).await?);
        let now = (self.clock)();
        self.cache.put(identity, Arc::clone(&verdict), now.monotonic);
        self.judge(&verdict, request, now)
    }

    async fn ask(&self, request: &Request, route: &Route, identity: &[String]) -> Result<Verdict, Refusal> {
        let event = authorizer_event::build(self.kind, request, route, identity);
        let output = match self.function.invoke(event.to_string().into()).await {
            Outcome::Answer(output) => output,
            // The text decides, to the letter: `Unauthorized: expired` is a 500.
            Outcome::Error(error) if error.error_message == "Unauthorized" => {
                return Err(Refusal::Unauthorized);
            }
            Outcome::Error(error) => {
                tracing::error!(api = ?self.kind, error = error.error_message, "the authorizer failed");
                return Err(Refusal::AuthorizerFailed);
            }
        };
        Verdict::parse(self.kind, &output).map_err(|malformed| {
            tracing::error!(api = ?self.kind, %malformed, "the authorizer's output is malformed");
            Refusal::AuthorizerMalformed
        })
    }

    fn judge(&self, verdict: &Verdict, request: &Request, now: Now) -> Result<Caller, Refusal> {
        match verdict {
            Verdict::Simple { is_authorized: false, .. } => Err(Refusal::ExplicitDeny),
            Verdict::Simple { is_authorized: true, context } => {
                Ok(Caller { principal_id: None, context: context.clone() })
            }
            Verdict::Policy { principal_id, policy, context } => {
                match policy.evaluate(&request_context::arn(self.kind, request), now.wall) {
                    Evaluation::Allowed => {
                        Ok(Caller { principal_id: Some(principal_id.clone()), context: context.clone() })
                    }
                    Evaluation::ExplicitDeny => Err(Refusal::ExplicitDeny),
                    Evaluation::ImplicitDeny => Err(Refusal::ImplicitDeny),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::{Duration, SystemTime},
    };

    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;
    use crate::lambda;

    /// An authorizer whose function answers every event with `answer(event)`.
    struct Fixture {
        authorizer: Authorizer,
        calls: Arc<AtomicUsize>,
    }

    impl Fixture {
        fn new(kind: Kind, answer: fn(&Value) -> Result<Value, &'static str>) -> Self {
            let now = Now { wall: SystemTime::UNIX_EPOCH, monotonic: Duration::ZERO };
            let clock: Clock = Arc::new(move || now);
            let settings = lambda::Settings {
                name: "authorizer".to_owned(),
                timeout: Duration::from_secs(5),
                processes: 1,
            };
            let function = Function::new(settings, Arc::clone(&clock));
            let calls = Arc::new(AtomicUsize::new(0));
            let (served, counted) = (Arc::clone(&function), Arc::clone(&calls));
            tokio::spawn(async move {
                served
                    .serve_for_test(move |event| {
                        counted.fetch_add(1, Ordering::Relaxed);
                        answer(&event)
                    })
                    .await;
            });
            let cache = ResultCache::new(Duration::from_mins(5));
            Self { authorizer: Authorizer { kind, function, cache, clock }, calls }
        }

        async fn check(&self, method: &str, path: &str, token: Option<&str>, expected: &Expect) {
            let mut request = Request::example(method, path);
            request.headers.extend(token.map(|token| ("Authorization".to_owned(), token.to_owned())));
            let route = Route::find(&request).unwrap();
            let outcome = match self.authorizer.authorize(&request, &route).await {
                Ok(caller) => format!("{:?} {}", caller.principal_id, json!(caller.context)),
                Err(refusal) => format!("{refusal:?}"),
            };
            expected.assert_eq(&format!("{outcome}, {} calls", self.calls.load(Ordering::Relaxed)));
        }
    }

    fn allow(resource: &Value) -> Value {
        let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource});
        json!({"principalId": "1", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    }

    #[tokio::test]
    async fn a_policy_for_one_route_fails_on_the_next() {
        let fixture = Fixture::new(Kind::RestToken, |event| Ok(allow(&event["methodArn"])));
        fixture.check("POST", "/api/chat", Some("a"), &expect![[r#"Some("1") null, 1 calls"#]]).await;
        fixture.check("GET", "/api/conversations", Some("a"), &expect!["ImplicitDeny, 1 calls"]).await;
        fixture.check("GET", "/api/conversations", Some("b"), &expect![[r#"Some("1") null, 2 calls"#]]).await;
    }

    #[tokio::test]
    async fn a_simple_answer_holds_for_every_route() {
        let fixture = Fixture::new(Kind::HttpSimple, |event| {
            Ok(json!({"isAuthorized": event["rawPath"] == "/api/chat", "context": {"sub": "1"}}))
        });
        fixture.check("POST", "/api/chat", Some("a"), &expect![[r#"None {"sub":"1"}, 1 calls"#]]).await;
        fixture.check("GET", "/api/admin/users", Some("a"), &expect![[r#"None {"sub":"1"}, 1 calls"#]]).await;
        fixture.check("GET", "/api/admin/users", Some("b"), &expect!["ExplicitDeny, 2 calls"]).await;
        fixture.check("POST", "/api/chat", Some("b"), &expect!["ExplicitDeny, 2 calls"]).await;
    }

    #[tokio::test]
    async fn nothing_is_asked_without_an_identity() {
        let fixture = Fixture::new(Kind::RestRequest, |_| Ok(allow(&json!("*"))));
        fixture.check("POST", "/api/chat", None, &expect!["Unauthorized, 0 calls"]).await;
        fixture.check("POST", "/api/chat", Some(""), &expect!["Unauthorized, 0 calls"]).await;
    }

    #[tokio::test]
    async fn errors_are_never_cached() {
        let fixture = Fixture::new(Kind::RestToken, |event| match event["authorizationToken"].as_str() {
            Some("bad") => Err("Unauthorized"),
            Some("decorated") => Err("Unauthorized: expired"),
            _ => Ok(json!({"principalId": "1"})),
        });
        fixture.check("POST", "/api/chat", Some("bad"), &expect!["Unauthorized, 1 calls"]).await;
        fixture.check("POST", "/api/chat", Some("bad"), &expect!["Unauthorized, 2 calls"]).await;
        fixture.check("POST", "/api/chat", Some("decorated"), &expect!["AuthorizerFailed, 3 calls"]).await;
        fixture.check("POST", "/api/chat", Some("odd"), &expect!["AuthorizerMalformed, 4 calls"]).await;
        fixture.check("POST", "/api/chat", Some("odd"), &expect!["AuthorizerMalformed, 5 calls"]).await;
    }
}
