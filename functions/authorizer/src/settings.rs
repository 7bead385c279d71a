//! The settings of the authorizer, read once at start.

use decision::GateSettings;
use token::{AccessRules, Environment, Faults, SettingsReader};

use crate::answer::{AnswerForm, HttpApiResponse, OnInvalidToken, PolicyTemplates};

/// All that an authorizer is told.
#[derive(Debug)]
pub struct Settings {
    pub(crate) gate: GateSettings,
    pub(crate) answers: AnswerForm,
}

impl Settings {
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one message.
    pub fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let gate = GateSettings::read(&mut reader);
        let settings = Self { answers: read_answers(&mut reader, gate.rules(), gate.leeway_secs()), gate };
        reader.finish(settings)
    }

    /// Whether anything that is asked for is in AWS.
    pub fn needs_aws(&self) -> bool {
        self.gate.needs_aws()
    }
}

fn read_answers(reader: &mut SettingsReader<'_>, rules: &AccessRules, leeway_secs: u64) -> AnswerForm {
    let expiry = reader.choice("POLICY_EXPIRY", true, &[("on", true), ("off", false)]);
    AnswerForm {
        http_api: reader.choice(
            "HTTP_API_RESPONSE",
            HttpApiResponse::Simple,
            &[("simple", HttpApiResponse::Simple), ("policy", HttpApiResponse::Policy)],
        ),
        on_invalid_token: reader.choice(
            "ON_INVALID_TOKEN",
            OnInvalidToken::Unauthorized,
            &[("unauthorized", OnInvalidToken::Unauthorized), ("deny", OnInvalidToken::Deny)],
        ),
        policies: read_policies(reader, rules),
        policy_leeway_secs: expiry.then_some(leeway_secs),
    }
}

fn read_policies(reader: &mut SettingsReader<'_>, rules: &AccessRules) -> PolicyTemplates {
    PolicyTemplates::new(rules).unwrap_or_else(|error| {
        reader.fault("ACCESS_RULES", error);
        PolicyTemplates::default()
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("JWT_ISSUER", "https://auth.example.com"),
        ("JWT_AUDIENCE", "chatbot, other"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Faults> {
        Settings::read(&|name| {
            let mut found = variables.iter().rev().filter(|(candidate, _)| *candidate == name);
            found.next().map(|(_, value)| (*value).to_owned())
        })
    }

    fn check(changes: &[(&str, &str)], expected: &Expect) {
        let variables: Vec<_> = GOOD.iter().chain(changes).copied().collect();
        let told = read(&variables).map_or_else(|faults| faults.to_string(), |_| "good".into());
        expected.assert_eq(&told);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let told =
            read(&[("JWT_ALGORITHMS", "RS256"), ("JWT_LEEWAY_SECONDS", "x"), ("HTTP_API_RESPONSE", "both")]);
        expect!["wrong settings: JWT_ALGORITHMS is not a comma list of HS256, HS384, HS512; JWT_SECRET_ARN is required, or JWT_SECRET_PARAMETER, JWT_SECRET_FILE or JWT_SECRET in its place; JWT_ISSUER is required; JWT_AUDIENCE is required; JWT_LEEWAY_SECONDS is not a whole number from 0 to 300; HTTP_API_RESPONSE is not one of simple, policy"].assert_eq(&told.unwrap_err().to_string());
    }

    #[test]
    fn each_wrong_setting_is_refused() {
        check(
            &[("JWT_SECRET", "abcdefghijklmnopqrstuvwxyz")],
            &expect![
                "wrong settings: JWT_SECRET cannot be used: the secret has 26 bytes, HS256 needs at least 32"
            ],
        );
        check(
            &[("JWT_SECRET_ARN", "jwt/shared")],
            &expect![
                "wrong settings: JWT_SECRET_ARN or JWT_SECRET_PARAMETER, JWT_SECRET_FILE or JWT_SECRET: exactly one may be set"
            ],
        );
        check(
            &[("JWT_ALGORITHMS", "HS512")],
            &expect![
                "wrong settings: JWT_SECRET cannot be used: the secret has 32 bytes, HS512 needs at least 64"
            ],
        );
        check(
            &[("JWT_DEFAULT_ROLE", "ROOT")],
            &expect!["wrong settings: JWT_DEFAULT_ROLE is not one of ADMIN, SUPERVISOR, USER"],
        );
        check(
            &[("TOKEN_SOURCES", "body:token")],
            &expect![
                "wrong settings: TOKEN_SOURCES is not a comma list of header:NAME, cookie:NAME, query:NAME, subprotocol:NAME"
            ],
        );
        check(
            &[("ACCESS_RULES", "{}")],
            &expect![[
                r#"wrong settings: ACCESS_RULES is not a JSON array of rules {"methods":[…],"path":"…","role":"…"}: invalid type: map, expected a sequence at line 1 column 0"#
            ]],
        );
        check(
            &[("CONSUMERS", "on")],
            &expect!["wrong settings: AUTH_TABLE is required where CONSUMERS is on"],
        );
        check(
            &[("JWT_MAX_LIFETIME_SECONDS", "-1")],
            &expect!["wrong settings: JWT_MAX_LIFETIME_SECONDS is not a whole number from 0 to 31536000"],
        );
    }

    #[test]
    fn settings_cannot_print_the_secret() {
        assert!(!format!("{:?}", read(&GOOD).unwrap()).contains("0123456789abcdef"));
    }
}
