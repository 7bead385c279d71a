//! The settings of the authorizer, read once at start.

use keys::KeySettings;
use token::{
    AccessRules, Algorithm, AlgorithmSet, Audience, Environment, Faults, IssuerRule, Policy, Role,
    SettingsReader, Verifier,
};

use crate::{
    answer::{AnswerForm, HttpApiResponse, OnInvalidToken, PolicyTemplates},
    event::TokenSource,
};

/// A year: whoever wants longer tokens switches the check off.
const MAX_LIFETIME_SETTING: u64 = 31_536_000;

/// All that an authorizer is told.
#[derive(Debug)]
pub struct Settings {
    pub(crate) keys: KeySettings,
    pub(crate) verifier: Verifier,
    pub(crate) sources: Vec<TokenSource>,
    pub(crate) rules: AccessRules,
    pub(crate) answers: AnswerForm,
    pub(crate) registry: Option<RegistrySettings>,
    pub(crate) metrics_namespace: String,
}

/// Where revocations and credentials are looked up.
#[derive(Debug)]
pub(crate) struct RegistrySettings {
    pub(crate) table: String,
    pub(crate) cache_secs: u64,
    /// Whether users' tokens pass while revocations cannot be read.
    pub(crate) fail_open: bool,
    /// Whether a token may name a credential of the registry.
    pub(crate) consumers: bool,
}

impl Settings {
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one message.
    pub fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let algorithms = read_algorithms(&mut reader);
        let keys = KeySettings::read(&mut reader, algorithms);
        let policy = read_policy(&mut reader);
        let rules = read_rules(&mut reader);
        let settings = Self {
            keys,
            sources: read_sources(&mut reader),
            answers: read_answers(&mut reader, &rules, policy.leeway_secs),
            registry: read_registry(&mut reader),
            metrics_namespace: reader.optional("METRICS_NAMESPACE").unwrap_or_else(|| "Latchkey".into()),
            rules,
            verifier: Verifier {
                algorithms,
                policy,
                max_token_bytes: usize::try_from(reader.number("JWT_MAX_TOKEN_BYTES", 8192, 256..=65_536))
                    .unwrap_or(8192),
            },
        };
        reader.finish(settings)
    }

    /// Whether anything that is asked for is in AWS.
    pub fn needs_aws(&self) -> bool {
        self.keys.needs_aws() || self.registry.is_some()
    }
}

fn read_algorithms(reader: &mut SettingsReader<'_>) -> AlgorithmSet {
    let default = AlgorithmSet::only(Algorithm::HS256);
    let Some(list) = reader.optional("JWT_ALGORITHMS") else { return default };
    AlgorithmSet::parse(&list).unwrap_or_else(|| {
        reader.fault("JWT_ALGORITHMS", "is not a comma list of HS256, HS384, HS512");
        default
    })
}

fn read_policy(reader: &mut SettingsReader<'_>) -> Policy {
    let issuer = reader.required("JWT_ISSUER");
    let audience = reader.required("JWT_AUDIENCE");
    let default_role = reader.optional("JWT_DEFAULT_ROLE").and_then(|name| {
        let role = Role::from_name(&name);
        if role.is_none() {
            reader.fault("JWT_DEFAULT_ROLE", "is not one of ADMIN, SUPERVISOR, USER");
        }
        role
    });
    let max_lifetime_secs = reader.number("JWT_MAX_LIFETIME_SECONDS", 3600, 0..=MAX_LIFETIME_SETTING);
    Policy {
        issuer: if issuer == "*" { IssuerRule::Any } else { IssuerRule::Exactly(issuer) },
        audience: match audience.as_str() {
            "*" => Audience::Any,
            list => Audience::OneOf(list.split(',').map(|audience| audience.trim().to_owned()).collect()),
        },
        leeway_secs: reader.number("JWT_LEEWAY_SECONDS", 30, 0..=300),
        max_lifetime_secs: (max_lifetime_secs > 0).then_some(max_lifetime_secs),
        default_role,
        accept_untyped: reader.flag("JWT_ACCEPT_UNTYPED", false),
    }
}

fn read_rules(reader: &mut SettingsReader<'_>) -> AccessRules {
    let Some(json) = reader.optional("ACCESS_RULES") else { return AccessRules::default() };
    AccessRules::parse(&json).unwrap_or_else(|error| {
        reader.fault("ACCESS_RULES", error);
        AccessRules::default()
    })
}

fn read_sources(reader: &mut SettingsReader<'_>) -> Vec<TokenSource> {
    let list = reader.optional("TOKEN_SOURCES").unwrap_or_else(|| "header:Authorization".into());
    TokenSource::parse_list(&list).unwrap_or_else(|| {
        reader.fault(
            "TOKEN_SOURCES",
            "is not a comma list of header:NAME, cookie:NAME, query:NAME, subprotocol:NAME",
        );
        Vec::new()
    })
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

fn read_registry(reader: &mut SettingsReader<'_>) -> Option<RegistrySettings> {
    let consumers = reader.choice("CONSUMERS", false, &[("off", false), ("on", true)]);
    let cache_secs = reader.number("REGISTRY_CACHE_SECONDS", 5, 0..=300);
    let fail_open = reader.flag("REGISTRY_FAIL_OPEN", false);
    let table = reader.optional("AUTH_TABLE");
    if consumers && table.is_none() {
        reader.fault("AUTH_TABLE", "is required where CONSUMERS is on");
    }
    Some(RegistrySettings { table: table?, cache_secs, fail_open, consumers })
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
    fn three_settings_are_enough() {
        let settings = read(&GOOD).unwrap();
        assert_eq!(
            settings.verifier.policy.audience,
            Audience::OneOf(vec!["chatbot".into(), "other".into()])
        );
        assert_eq!(settings.verifier.policy.max_lifetime_secs, Some(3600));
        assert_eq!(settings.verifier.max_token_bytes, 8192);
        assert!(settings.registry.is_none());
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
