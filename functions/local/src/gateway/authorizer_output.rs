//! What an authorizer answered: an identity with a policy, or yes or no.

use serde_json::{Map, Value};

use super::{kind::Kind, malformed::Malformed, policy::Policy};

pub(super) type Context = Map<String, Value>;

/// A well-formed answer, and what the gateway's cache holds.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    Policy { principal_id: String, policy: Policy, context: Option<Context> },
    Simple { is_authorized: bool, context: Option<Context> },
}

impl Verdict {
    pub(super) fn parse(kind: Kind, output: &[u8]) -> Result<Self, Malformed> {
        let output: Value =
            serde_json::from_slice(output).map_err(|_| Malformed::new("the output is not JSON"))?;
        let members = output.as_object().ok_or_else(|| Malformed::new("the output is not an object"))?;
        let context = members.get("context").map(|value| parse_context(kind, value)).transpose()?;
        match kind {
            Kind::HttpSimple => {
                let is_authorized = members.get("isAuthorized").and_then(Value::as_bool);
                let is_authorized =
                    is_authorized.ok_or_else(|| Malformed::new("isAuthorized is not true or false"))?;
                Ok(Self::Simple { is_authorized, context })
            }
            Kind::RestToken | Kind::RestRequest | Kind::RestWhole | Kind::HttpPolicy | Kind::HttpV1 => {
                let principal_id = members.get("principalId").and_then(Value::as_str).unwrap_or_default();
                if principal_id.is_empty() {
                    return Err(Malformed::new("principalId is missing or empty"));
                }
                let document = members.get("policyDocument");
                let document = document.ok_or_else(|| Malformed::new("policyDocument is missing"))?;
                let policy = Policy::parse(document)?;
                Ok(Self::Policy { principal_id: principal_id.to_owned(), policy, context })
            }
        }
    }
}

fn parse_context(kind: Kind, value: &Value) -> Result<Context, Malformed> {
    let context = value.as_object().ok_or_else(|| Malformed::new("context is not an object"))?;
    if !kind.is_rest() {
        return Ok(context.clone());
    }
    context
        .iter()
        .map(|(name, value)| stringified(name, value).map(|text| (name.clone(), text.into())))
        .collect()
}

/// A REST API takes scalars only, and hands every one on as a string.
fn stringified(name: &str, value: &Value) -> Result<String, Malformed> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(Malformed::new(format!("the context value {name} is not a string, number or boolean")))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(kind: Kind, output: &Value, expected: &Expect) {
        let outcome = match Verdict::parse(kind, output.to_string().as_bytes()) {
            Ok(Verdict::Policy { principal_id, context, .. }) => format!("{principal_id} {}", json!(context)),
            Ok(Verdict::Simple { is_authorized, context }) => format!("{is_authorized} {}", json!(context)),
            Err(malformed) => malformed.to_string(),
        };
        expected.assert_eq(&outcome);
    }

    fn allow(mut with: Value) -> Value {
        let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
        let mut output = json!({
            "principalId": "1",
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        });
        output.as_object_mut().unwrap().append(with.as_object_mut().unwrap());
        output
    }

    #[test]
    fn rest_stringifies_scalars_and_refuses_the_rest() {
        let kind = Kind::RestToken;
        check(
            kind,
            &allow(json!({"context": {"sub": "1", "n": 3, "yes": true}})),
            &expect![[r#"1 {"n":"3","sub":"1","yes":"true"}"#]],
        );
        let list = expect!["the context value list is not a string, number or boolean"];
        check(kind, &allow(json!({"context": {"list": ["a"]}})), &list);
        let null = expect!["the context value sub is not a string, number or boolean"];
        check(kind, &allow(json!({"context": {"sub": null}})), &null);
        check(kind, &allow(json!({"context": null})), &expect!["context is not an object"]);
        check(kind, &allow(json!({"usageIdentifierKey": null})), &expect!["1 null"]);
    }

    #[test]
    fn an_http_api_keeps_types() {
        let context = json!({"context": {"n": 3, "list": ["a"]}});
        check(Kind::HttpPolicy, &allow(context), &expect![[r#"1 {"list":["a"],"n":3}"#]]);
    }

    #[test]
    fn a_policy_needs_a_principal_and_a_document() {
        let kind = Kind::RestRequest;
        check(kind, &allow(json!({"principalId": ""})), &expect!["principalId is missing or empty"]);
        check(kind, &allow(json!({"principalId": 7})), &expect!["principalId is missing or empty"]);
        check(kind, &allow(json!({"policyDocument": null})), &expect!["policyDocument is not an object"]);
        check(kind, &json!({"principalId": "1"}), &expect!["policyDocument is missing"]);
        check(kind, &json!({"isAuthorized": true}), &expect!["principalId is missing or empty"]);
        check(kind, &json!("allow"), &expect!["the output is not an object"]);
    }

    #[test]
    fn a_simple_answer_is_true_or_false() {
        let kind = Kind::HttpSimple;
        check(kind, &json!({"isAuthorized": false}), &expect!["false null"]);
        check(
            kind,
            &json!({"isAuthorized": true, "context": {"sub": "1"}}),
            &expect![[r#"true {"sub":"1"}"#]],
        );
        check(kind, &json!({"isAuthorized": "true"}), &expect!["isAuthorized is not true or false"]);
        check(kind, &allow(json!({})), &expect!["isAuthorized is not true or false"]);
    }
}
