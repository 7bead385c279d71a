//! The policy that an authorizer returns, and what it says about one route.
//!
//! Parsing is strict where API Gateway is: whatever it answers with a 500 is
//! refused here too, so that a wrong policy fails before it is deployed.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{condition::Conditions, malformed::Malformed, wildcard};

const MAX_RESOURCE_CHARS: usize = 512;
const INVOKE: &str = "execute-api:Invoke";
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

#[derive(Debug, Clone)]
pub(super) struct Policy(Vec<Statement>);

#[derive(Debug, Clone)]
struct Statement {
    effect: Effect,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Conditions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evaluation {
    Allowed,
    /// A statement denies the route.
    ExplicitDeny,
    /// No statement says anything about the route.
    ImplicitDeny,
}

impl Policy {
    pub(super) fn parse(value: &Value) -> Result<Self, Malformed> {
        let document = value.as_object().ok_or_else(|| Malformed::new("policyDocument is not an object"))?;
        let version = document.get("Version").and_then(Value::as_str).unwrap_or_default();
        if !VERSIONS.contains(&version) {
            return Err(Malformed::new("policyDocument.Version is not a version of the policy language"));
        }
        let statements = document.get("Statement").and_then(Value::as_array);
        let statements =
            statements.ok_or_else(|| Malformed::new("policyDocument.Statement is not a list"))?;
        if statements.is_empty() {
            return Err(Malformed::new("policyDocument.Statement is empty"));
        }
        statements.iter().map(Statement::parse).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn evaluate(&self, arn: &str, now: SystemTime) -> Evaluation {
        let applies =
            |effect| self.0.iter().any(|statement| statement.effect == effect && statement.applies(arn, now));
        if applies(Effect::Deny) {
            Evaluation::ExplicitDeny
        } else if applies(Effect::Allow) {
            Evaluation::Allowed
        } else {
            Evaluation::ImplicitDeny
        }
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, Malformed> {
        let members = value.as_object().ok_or_else(|| Malformed::new("a statement is not an object"))?;
        let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Malformed::new(format!(
                "a statement has the member {name}, which is not known here"
            )));
        }
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(Malformed::new("Effect is neither Allow nor Deny")),
        };
        let resources = texts(members, "Resource")?;
        if resources.iter().any(|resource| resource.chars().count() > MAX_RESOURCE_CHARS) {
            return Err(Malformed::new(format!("a Resource is longer than {MAX_RESOURCE_CHARS} characters")));
        }
        // `Condition: null` is refused as well: AWS answers it with a 500.
        let conditions = members.get("Condition").map(Conditions::parse).transpose()?.unwrap_or_default();
        Ok(Self { effect, actions: texts(members, "Action")?, resources, conditions })
    }

    fn applies(&self, arn: &str, now: SystemTime) -> bool {
        // IAM compares actions without regard to case, resources with it.
        let invoke = INVOKE.to_ascii_lowercase();
        self.actions.iter().any(|action| wildcard::matches(&action.to_ascii_lowercase(), &invoke))
            && self.resources.iter().any(|resource| wildcard::matches(resource, arn))
            && self.conditions.hold(now)
    }
}

/// Reads a member that is one string or a list of them, not empty either way.
fn texts(members: &Map<String, Value>, name: &str) -> Result<Vec<String>, Malformed> {
    let texts: Option<Vec<String>> = match members.get(name) {
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(list)) => list.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    texts.filter(|texts| !texts.is_empty() && texts.iter().all(|text| !text.is_empty())).ok_or_else(|| {
        Malformed::new(format!("{name} is neither a string nor a list of strings, or is empty"))
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    const CHAT: &str = "arn:aws:execute-api:us-east-1:123456789012:api/local/POST/api/chat";
    const API: &str = "arn:aws:execute-api:us-east-1:123456789012:api/local";

    /// 2001-09-09T01:46:40Z.
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000_000)
    }

    fn statement(effect: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": INVOKE, "Resource": resource})
    }

    fn check(statements: &Value, expected: &Expect) {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let outcome = match Policy::parse(&document) {
            Ok(policy) => format!("{:?}", policy.evaluate(CHAT, now())),
            Err(malformed) => malformed.to_string(),
        };
        expected.assert_eq(&outcome);
    }

    #[test]
    fn a_deny_beats_every_allow_and_silence_denies() {
        let allow = statement("Allow", &format!("{API}/*"));
        let deny = statement("Deny", &format!("{API}/*/api/chat"));
        check(&json!([allow]), &expect!["Allowed"]);
        check(&json!([allow, deny]), &expect!["ExplicitDeny"]);
        check(&json!([deny, allow]), &expect!["ExplicitDeny"]);
        check(&json!([statement("Allow", &format!("{API}/GET/*"))]), &expect!["ImplicitDeny"]);
        check(&json!([statement("Deny", &format!("{API}/GET/*"))]), &expect!["ImplicitDeny"]);
        check(&json!([statement("Allow", &API.to_uppercase())]), &expect!["ImplicitDeny"]);
    }

    #[test]
    fn actions_have_wildcards_and_no_case() {
        let with_action = |action: Value| json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]);
        check(&with_action(json!("execute-api:*")), &expect!["Allowed"]);
        check(&with_action(json!(["s3:GetObject", "Execute-API:invoke"])), &expect!["Allowed"]);
        check(&with_action(json!("execute-api:InvalidateCache")), &expect!["ImplicitDeny"]);
    }

    #[test]
    fn conditions_compare_the_time() {
        let with_condition = |condition: Value| json!([{"Effect": "Allow", "Action": INVOKE, "Resource": "*", "Condition": condition}]);
        let until = |operator: &str, date: &str| with_condition(json!({operator: {"aws:CurrentTime": date}}));
        check(&until("DateLessThan", "2001-09-09T01:46:41Z"), &expect!["Allowed"]);
        check(&until("DateLessThan", "2001-09-09T01:46:40Z"), &expect!["ImplicitDeny"]);
        check(&until("DateLessThanIfExists", "2001-09-09T01:46:41Z"), &expect!["Allowed"]);
        check(&until("DateLessThanIfExists", "2001-09-09T01:46:40Z"), &expect!["ImplicitDeny"]);
        check(&until("DateGreaterThan", "2001-09-09T01:46:40Z"), &expect!["ImplicitDeny"]);
        check(&until("DateLessThan", "tomorrow"), &expect!["aws:CurrentTime is not compared with a date"]);
        check(
            &until("NumericLessThan", "1"),
            &expect!["the condition operator NumericLessThan is not known"],
        );
        check(&with_condition(Value::Null), &expect!["Condition is not an object"]);
        let unknown_key = |operator: &str| {
            with_condition(json!({operator: {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}))
        };
        check(&unknown_key("DateLessThan"), &expect!["ImplicitDeny"]);
        check(&unknown_key("DateLessThanIfExists"), &expect!["Allowed"]);
    }

    #[test]
    fn what_aws_cannot_parse_is_malformed() {
        check(&json!([]), &expect!["policyDocument.Statement is empty"]);
        check(&json!({}), &expect!["policyDocument.Statement is not a list"]);
        check(&json!([statement("allow", "*")]), &expect!["Effect is neither Allow nor Deny"]);
        check(
            &json!([statement("Allow", "")]),
            &expect!["Resource is neither a string nor a list of strings, or is empty"],
        );
        check(
            &json!([{"Effect": "Allow", "Action": INVOKE, "Resource": []}]),
            &expect!["Resource is neither a string nor a list of strings, or is empty"],
        );
        check(
            &json!([statement("Allow", &"x".repeat(513))]),
            &expect!["a Resource is longer than 512 characters"],
        );
        check(
            &json!([{"effect": "Allow", "action": INVOKE, "resource": "*"}]),
            &expect!["a statement has the member action, which is not known here"],
        );
        assert!(
            Policy::parse(&json!({"Version": "2020-01-01", "Statement": [statement("Allow", "*")]})).is_err()
        );
    }
}
