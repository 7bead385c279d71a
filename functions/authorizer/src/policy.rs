//! The IAM policy that says what a role may call.
//!
//! It covers the whole stage and follows from role and rules alone. The gateway
//! keeps it and applies it to every other route of the same token, so a policy
//! made from the path at hand would refuse the next route, and a path with a
//! `*` in it would widen it.

use aws_smithy_types::{DateTime, date_time::Format};
use serde::Serialize;
use token::{AccessRules, Role, Timestamp};

/// The longest resource a returned policy may hold, in characters (API Gateway
/// quotas).
const MAX_RESOURCE_CHARS: usize = 512;

/// The largest answer of an authorizer in bytes (WebSocket APIs enforce it;
/// nobody documents another number for the rest).
pub(crate) const MAX_ANSWER_BYTES: usize = 8192;

/// 9999-12-31T23:59:59Z: what is later cannot be written, and never comes.
const LAST_TIMESTAMP: i64 = 253_402_300_799;

/// What each role may call, rendered from the rules but for the stage.
#[derive(Debug, Clone)]
pub(crate) struct PolicyTemplates {
    roles: Vec<(Role, Suffixes)>,
}

/// Resources without the ARN of the stage in front.
#[derive(Debug, Clone, Default)]
struct Suffixes {
    allow: Vec<String>,
    deny: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyDocument {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: Vec<String>,
    // `"Condition": null` is an error to the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    date_less_than_if_exists: CurrentTime,
}

#[derive(Debug, Serialize)]
struct CurrentTime {
    #[serde(rename = "aws:CurrentTime")]
    current_time: String,
}

/// The stage's name and the rules together are longer than a policy may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access rules and the ARN of the stage make a policy that is too large")]
pub(crate) struct PolicyTooLarge;

impl PolicyTemplates {
    pub(crate) fn new(rules: &AccessRules) -> Self {
        let roles = Role::ALL.into_iter().map(|role| (role, Suffixes::of(role, rules)));
        Self { roles: roles.collect() }
    }

    /// Returns the policy of `role` in one stage; `until` is the first second in
    /// which its permissions end.
    pub(crate) fn render(
        &self,
        role: Role,
        stage_arn: &str,
        until: Option<Timestamp>,
    ) -> Result<PolicyDocument, PolicyTooLarge> {
        let none = Suffixes::default();
        let suffixes =
            self.roles.iter().find(|(candidate, _)| *candidate == role).map_or(&none, |(_, found)| found);
        if suffixes.allow.is_empty() {
            return Ok(PolicyDocument::deny_all(stage_arn));
        }
        let allow = Statement {
            condition: until.map(|until| Condition { date_less_than_if_exists: CurrentTime::at(until) }),
            ..Statement::new("Allow", resources(stage_arn, &suffixes.allow)?)
        };
        let deny = resources(stage_arn, &suffixes.deny)?;
        let deny = (!deny.is_empty()).then(|| Statement::new("Deny", deny));
        Ok(PolicyDocument::of(std::iter::once(allow).chain(deny).collect()))
    }
}

impl Suffixes {
    fn of(role: Role, rules: &AccessRules) -> Self {
        if rules.is_empty() {
            return Self { allow: vec!["/*".into()], deny: Vec::new() };
        }
        let mut suffixes = Self::default();
        for rule in rules.iter() {
            let list = if rule.role <= role { &mut suffixes.allow } else { &mut suffixes.deny };
            list.extend(rule.methods().map(|method| format!("/{method}{}", rule.path)));
        }
        suffixes
    }
}

impl PolicyDocument {
    pub(crate) fn deny_all(stage_arn: &str) -> Self {
        Self::of(vec![Statement::new("Deny", vec![format!("{stage_arn}/*")])])
    }

    fn of(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

impl Statement {
    fn new(effect: &'static str, resource: Vec<String>) -> Self {
        Self { action: "execute-api:Invoke", effect, resource, condition: None }
    }
}

impl CurrentTime {
    fn at(time: Timestamp) -> Self {
        let secs = time.as_unix_secs().min(LAST_TIMESTAMP);
        let current_time = DateTime::from_secs(secs).fmt(Format::DateTime).unwrap_or_default();
        Self { current_time }
    }
}

fn resources(stage_arn: &str, suffixes: &[String]) -> Result<Vec<String>, PolicyTooLarge> {
    let resources: Vec<String> = suffixes.iter().map(|suffix| format!("{stage_arn}{suffix}")).collect();
    let fits = resources.iter().all(|resource| resource.chars().count() <= MAX_RESOURCE_CHARS);
    fits.then_some(resources).ok_or(PolicyTooLarge)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const STAGE: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod";
    const RULES: &str = r#"[{"methods":["GET","POST"],"path":"/api/*","role":"USER"},{"methods":["*"],"path":"/api/admin/*","role":"ADMIN"}]"#;

    fn check(rules: &str, role: Role, until: Option<i64>, expected: &Expect) {
        let rules =
            if rules.is_empty() { AccessRules::default() } else { AccessRules::parse(rules).unwrap() };
        let policy = PolicyTemplates::new(&rules).render(role, STAGE, until.map(Timestamp::from_unix_secs));
        expected.assert_eq(&serde_json::to_string_pretty(&policy.unwrap()).unwrap());
    }

    #[test]
    fn without_rules_the_whole_stage_is_open_until_the_token_ends() {
        check(
            "",
            Role::User,
            Some(1_650_001_830),
            &expect![[r#"
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Action": "execute-api:Invoke",
                  "Effect": "Allow",
                  "Resource": [
                    "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/*"
                  ],
                  "Condition": {
                    "DateLessThanIfExists": {
                      "aws:CurrentTime": "2022-04-15T05:50:30Z"
                    }
                  }
                }
              ]
            }"#]],
        );
    }

    #[test]
    fn a_role_gets_its_own_rules_and_a_denial_of_the_higher_ones() {
        check(
            RULES,
            Role::User,
            None,
            &expect![[r#"
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    {
                      "Action": "execute-api:Invoke",
                      "Effect": "Allow",
                      "Resource": [
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/api/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/POST/api/*"
                      ]
                    },
                    {
                      "Action": "execute-api:Invoke",
                      "Effect": "Deny",
                      "Resource": [
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/HEAD/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/POST/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/PUT/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/PATCH/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/DELETE/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/OPTIONS/api/admin/*"
                      ]
                    }
                  ]
                }"#]],
        );
        check(
            RULES,
            Role::Admin,
            None,
            &expect![[r#"
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    {
                      "Action": "execute-api:Invoke",
                      "Effect": "Allow",
                      "Resource": [
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/api/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/POST/api/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/HEAD/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/POST/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/PUT/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/PATCH/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/DELETE/api/admin/*",
                        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/OPTIONS/api/admin/*"
                      ]
                    }
                  ]
                }"#]],
        );
    }

    #[test]
    fn a_role_without_any_route_is_denied_all_of_them() {
        let admin = r#"[{"methods":["*"],"path":"/*","role":"ADMIN"}]"#;
        check(
            admin,
            Role::User,
            Some(1),
            &expect![[r#"
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Action": "execute-api:Invoke",
                  "Effect": "Deny",
                  "Resource": [
                    "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/*"
                  ]
                }
              ]
            }"#]],
        );
    }

    #[test]
    fn the_end_of_a_policy_can_always_be_written() {
        assert_eq!(CurrentTime::at(Timestamp::from_unix_secs(i64::MAX)).current_time, "9999-12-31T23:59:59Z");
        assert_eq!(CurrentTime::at(Timestamp::from_unix_secs(0)).current_time, "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_resource_that_the_gateway_would_refuse_is_an_error_here() {
        let rules = AccessRules::parse(&format!(
            r#"[{{"methods":["GET"],"path":"/{}","role":"USER"}}]"#,
            "a".repeat(250)
        ))
        .unwrap();
        let stage = format!("arn:aws:execute-api:us-east-1:123456789012:abcdef123/{}", "s".repeat(250));
        assert!(PolicyTemplates::new(&rules).render(Role::User, &stage, None).is_err());
        assert!(PolicyTemplates::new(&rules).render(Role::User, STAGE, None).is_ok());
    }
}
