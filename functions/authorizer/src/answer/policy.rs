//! The IAM policy that says what a role may call.
//!
//! It covers the whole stage and follows from role and rules alone. The gateway
//! keeps it and applies it to every other route of the same token, so a policy
//! made from the path at hand would refuse the next route, and a path with a
//! `*` in it would widen it.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use token::{AccessRules, Role, Timestamp};

/// The longest resource a returned policy may hold, in characters (API Gateway
/// quotas).
const MAX_RESOURCE_CHARS: usize = 512;

/// The longest name of a stage in characters, and the rest of a longest ARN in
/// front of it.
const MAX_STAGE_CHARS: usize = 128;
const ARN_CHARS: usize = 68;

/// The most bytes of a policy, so that the context fits into the answer too.
const MAX_POLICY_BYTES: usize = 6144;

/// 9999-12-31T23:59:59Z: what is later cannot be written, and never comes.
const LAST_TIMESTAMP: i64 = 253_402_300_799;

/// What each role may call, rendered from the rules but for the stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyTemplates {
    roles: Vec<(Role, Suffixes)>,
}

/// Resources without the ARN of the stage in front.
#[derive(Debug, Clone, Default)]
struct Suffixes {
    allow: Vec<Cow<'static, str>>,
    deny: Vec<Cow<'static, str>>,
}

/// All of a stage, in the place of suffixes.
static EVERYTHING: [Cow<'static, str>; 1] = [Cow::Borrowed("/*")];

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyDocument<'p> {
    version: &'static str,
    statement: Vec<Statement<'p>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'p> {
    action: &'static str,
    effect: &'static str,
    resource: Resources<'p>,
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
    current_time: Date,
}

/// A second, written as IAM reads it.
#[derive(Debug)]
struct Date(Timestamp);

/// What a statement is about: each suffix with the ARN of the stage in front.
#[derive(Debug, Clone, Copy)]
struct Resources<'p> {
    stage_arn: &'p str,
    suffixes: &'p [Cow<'static, str>],
}

/// The stage's name and the rules together are longer than a policy may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("make a policy that is larger than a gateway accepts")]
pub(crate) struct PolicyTooLarge;

impl PolicyTemplates {
    /// # Errors
    ///
    /// [`PolicyTooLarge`] where a role's policy could not be sent even for a
    /// stage with a short name.
    pub(crate) fn new(rules: &AccessRules) -> Result<Self, PolicyTooLarge> {
        let roles = Role::ALL.into_iter().map(|role| (role, Suffixes::of(role, rules)));
        let templates = Self { roles: roles.collect() };
        let fits = |(_, suffixes): &(Role, Suffixes)| suffixes.fit();
        if templates.roles.iter().all(fits) { Ok(templates) } else { Err(PolicyTooLarge) }
    }

    /// Returns the policy of `role` in one stage; `until` is the first second in
    /// which its permissions end.
    pub(crate) fn render<'p>(
        &'p self,
        role: Role,
        stage_arn: &'p str,
        until: Option<Timestamp>,
    ) -> Result<PolicyDocument<'p>, PolicyTooLarge> {
        let found = self.roles.iter().find(|(candidate, _)| *candidate == role);
        let Some((_, suffixes)) = found.filter(|(_, suffixes)| !suffixes.allow.is_empty()) else {
            return Ok(PolicyDocument::deny_all(stage_arn));
        };
        let allow = Statement::allow(Resources::of(stage_arn, &suffixes.allow)?, until);
        let deny = Resources::of(stage_arn, &suffixes.deny)?;
        let deny = (!deny.suffixes.is_empty()).then(|| Statement::new("Deny", deny));
        Ok(PolicyDocument::of(std::iter::once(allow).chain(deny).collect()))
    }
}

impl Suffixes {
    fn of(role: Role, rules: &AccessRules) -> Self {
        if rules.is_empty() {
            return Self { allow: EVERYTHING.to_vec(), deny: Vec::new() };
        }
        let mut suffixes = Self::default();
        for rule in rules.iter() {
            let list = if rule.role <= role { &mut suffixes.allow } else { &mut suffixes.deny };
            list.extend(rule.methods().map(|method| Cow::from(format!("/{method}{}", rule.path))));
        }
        suffixes
    }

    /// Whether each resource fits with the longest ARN in front, and all
    /// together with an ordinary one.
    fn fit(&self) -> bool {
        let all = || self.allow.iter().chain(&self.deny);
        let total: usize = all().map(|suffix| suffix.len() + ARN_CHARS + "\"prod\",".len()).sum();
        let longest = all().map(|suffix| suffix.chars().count()).max().unwrap_or(0);
        total <= MAX_POLICY_BYTES && longest + ARN_CHARS + MAX_STAGE_CHARS <= MAX_RESOURCE_CHARS
    }
}

impl<'p> PolicyDocument<'p> {
    pub(crate) fn allow_all(stage_arn: &'p str, until: Option<Timestamp>) -> Self {
        Self::of(vec![Statement::allow(Resources::all(stage_arn), until)])
    }

    pub(crate) fn deny_all(stage_arn: &'p str) -> Self {
        Self::of(vec![Statement::new("Deny", Resources::all(stage_arn))])
    }

    fn of(statement: Vec<Statement<'p>>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

impl<'p> Statement<'p> {
    fn allow(resource: Resources<'p>, until: Option<Timestamp>) -> Self {
        let ends = |until| Condition { date_less_than_if_exists: CurrentTime { current_time: Date(until) } };
        Self { condition: until.map(ends), ..Self::new("Allow", resource) }
    }

    fn new(effect: &'static str, resource: Resources<'p>) -> Self {
        Self { action: "execute-api:Invoke", effect, resource, condition: None }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let secs = self.0.as_unix_secs().min(LAST_TIMESTAMP);
        let time = OffsetDateTime::from_unix_timestamp(secs).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let ((year, month, day), (hour, minute, second)) = (time.to_calendar_date(), time.to_hms());
        let [century, year] = [year / 100, year % 100].map(|part| u8::try_from(part).unwrap_or(0));
        let mut text = String::with_capacity("9999-12-31T23:59:59Z".len());
        let parts = [(century, ""), (year, "-"), (u8::from(month), "-"), (day, "T")];
        for (part, mark) in parts.into_iter().chain([(hour, ":"), (minute, ":"), (second, "Z")]) {
            text.extend([part / 10, part % 10].map(|digit| char::from(b'0' + digit)));
            text.push_str(mark);
        }
        serializer.serialize_str(&text)
    }
}

impl<'p> Resources<'p> {
    fn of(stage_arn: &'p str, suffixes: &'p [Cow<'static, str>]) -> Result<Self, PolicyTooLarge> {
        let stage_chars = stage_arn.chars().count();
        let fits = |suffix: &Cow<'_, str>| stage_chars + suffix.chars().count() <= MAX_RESOURCE_CHARS;
        if suffixes.iter().all(fits) { Ok(Self { stage_arn, suffixes }) } else { Err(PolicyTooLarge) }
    }

    fn all(stage_arn: &'p str) -> Self {
        Self { stage_arn, suffixes: &EVERYTHING }
    }
}

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.suffixes.iter().map(|suffix| [self.stage_arn, suffix].concat()))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const STAGE: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod";
    const RULES: &str = r#"[{"methods":["GET","POST"],"path":"/api/*","role":"USER"},{"methods":["*"],"path":"/api/admin/*","role":"ADMIN"}]"#;

    fn check(rules: &str, role: Role, until: Option<i64>, expected: &Expect) {
        let rules =
            if rules.is_empty() { AccessRules::default() } else { AccessRules::parse(rules).unwrap() };
        let templates = PolicyTemplates::new(&rules).unwrap();
        let policy = templates.render(role, STAGE, until.map(Timestamp::from_unix_secs));
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
        let written = |secs| serde_json::to_value(Date(Timestamp::from_unix_secs(secs))).unwrap();
        assert_eq!(written(i64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(1_709_210_096), "2024-02-29T12:34:56Z");
    }

    #[test]
    fn a_resource_that_the_gateway_would_refuse_is_an_error_here() {
        let rules = AccessRules::parse(&format!(
            r#"[{{"methods":["GET"],"path":"/{}","role":"USER"}}]"#,
            "a".repeat(250)
        ))
        .unwrap();
        let stage = format!("arn:aws:execute-api:us-east-1:123456789012:abcdef123/{}", "s".repeat(250));
        assert!(PolicyTemplates::new(&rules).unwrap().render(Role::User, &stage, None).is_err());
        assert!(PolicyTemplates::new(&rules).unwrap().render(Role::User, STAGE, None).is_ok());
        let rule = r#"{"methods":["*"],"path":"/api/a/long/path/of/a/resource/*","role":"USER"}"#;
        let many = AccessRules::parse(&format!("[{}]", [rule; 9].join(","))).unwrap();
        assert!(PolicyTemplates::new(&many).is_err(), "63 resources");
    }

    /// Evaluates a policy as IAM does: `*` and `?` over the whole ARN, an
    /// explicit denial first.
    fn evaluates_to_allow(policy: &Value, arn: &str) -> bool {
        let any = |effect| {
            let statements = policy["Statement"].as_array().unwrap().iter();
            let mut patterns = statements
                .filter(|statement| statement["Effect"] == effect)
                .flat_map(|statement| statement["Resource"].as_array().unwrap());
            patterns.any(|pattern| glob(pattern.as_str().unwrap().as_bytes(), arn.as_bytes()))
        };
        !any("Deny") && any("Allow")
    }

    /// Written the slow and obvious way.
    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => glob(rest, text) || (!text.is_empty() && glob(pattern, &text[1..])),
            (Some((b'?', rest)), Some((_, text))) => glob(rest, text),
            (Some((wanted, rest)), Some((found, text))) => wanted == found && glob(rest, text),
            _ => false,
        }
    }

    fn rule() -> impl Strategy<Value = Value> {
        let methods =
            proptest::collection::vec(proptest::sample::select(vec!["GET", "POST", "DELETE", "*"]), 1..3);
        let path = "/(api|admin|\\*|a)?(/(x|\\*|api|b\\*))?(/\\*)?";
        (methods, path, proptest::sample::select(vec!["USER", "SUPERVISOR", "ADMIN"]))
            .prop_map(|(methods, path, role)| json!({"methods": methods, "path": path, "role": role}))
    }

    proptest! {
        #[test]
        fn the_policy_and_the_decision_agree_for_every_route(
            rules in proptest::collection::vec(rule(), 1..6),
            index in 0..3_usize,
            method in proptest::sample::select(vec!["GET", "POST", "DELETE", "PATCH"]),
            path in "/(api|admin|a|x)?(/(x|api|bb|admin|\\*|\\?))?(/(x|y/z))?/?",
        ) {
            let rules = AccessRules::parse(&Value::from(rules).to_string()).unwrap();
            let role = Role::ALL[index];
            let templates = PolicyTemplates::new(&rules).unwrap();
            let policy = serde_json::to_value(templates.render(role, STAGE, None).unwrap()).unwrap();
            let arn = format!("{STAGE}/{method}{path}");
            prop_assert_eq!(evaluates_to_allow(&policy, &arn), rules.allow(role, method, &path), "{} {:?}", arn, policy);
        }
    }
}
