//! The settings of whoever checks tokens, read once at start.

use keys::KeySettings;
use token::{
    AccessRules, Algorithm, AlgorithmSet, Audience, IssuerRule, Policy, Role, SettingsReader, Verifier,
};

use crate::token_source::{MAX_TOKEN_BYTES, TokenSource};

/// A year: whoever wants longer tokens switches the check off.
const MAX_LIFETIME_SETTING: u64 = 31_536_000;

/// All that a gate is told.
#[derive(Debug)]
pub struct GateSettings {
    pub(crate) keys: KeySettings,
    pub(crate) verifier: Verifier,
    pub(crate) sources: Vec<TokenSource>,
    pub(crate) rules: AccessRules,
    pub(crate) registry: Option<RegistrySettings>,
    pub(crate) metrics_namespace: String,
}

/// Where revocations and credentials are looked up.
#[derive(Debug)]
pub struct RegistrySettings {
    pub(crate) table: String,
    pub(crate) cache_secs: u64,
    /// Whether users' tokens pass while revocations cannot be read.
    pub(crate) fail_open: bool,
    /// Whether a token may name a credential of the registry.
    pub(crate) consumers: bool,
}

impl GateSettings {
    /// Reads all of them; what is wrong is the reader's to tell.
    pub fn read(reader: &mut SettingsReader<'_>) -> Self {
        let algorithms = read_algorithms(reader);
        Self {
            keys: KeySettings::read(reader, algorithms),
            verifier: Verifier {
                algorithms,
                policy: read_policy(reader),
                max_token_bytes: usize::try_from(reader.number(
                    "JWT_MAX_TOKEN_BYTES",
                    8192,
                    256..=MAX_TOKEN_BYTES.into(),
                ))
                .unwrap_or(8192),
            },
            rules: read_rules(reader),
            sources: read_sources(reader),
            registry: read_registry(reader),
            metrics_namespace: reader.optional("METRICS_NAMESPACE").unwrap_or_else(|| "Latchkey".into()),
        }
    }

    /// Whether anything that is asked for is in AWS.
    pub fn needs_aws(&self) -> bool {
        self.keys.needs_aws() || self.registry.is_some()
    }

    pub fn rules(&self) -> &AccessRules {
        &self.rules
    }

    /// How far the clocks of issuer and verifier may be apart.
    pub fn leeway_secs(&self) -> u64 {
        self.verifier.policy.leeway_secs
    }

    /// The issuer whose tokens are accepted; `None` where any is.
    pub fn issuer(&self) -> Option<&str> {
        match &self.verifier.policy.issuer {
            IssuerRule::Exactly(issuer) => Some(issuer),
            IssuerRule::Any => None,
        }
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
    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("JWT_ISSUER", "https://auth.example.com"),
        ("JWT_AUDIENCE", "chatbot, other"),
    ];

    fn read(changes: &[(&str, &str)]) -> GateSettings {
        let variables: Vec<_> = GOOD.iter().chain(changes).copied().collect();
        let environment = |name: &str| {
            let mut found = variables.iter().rev().filter(|(candidate, _)| *candidate == name);
            found.next().map(|(_, value)| (*value).to_owned())
        };
        let mut reader = SettingsReader::new(&environment);
        let settings = GateSettings::read(&mut reader);
        reader.finish(settings).unwrap()
    }

    #[test]
    fn three_settings_are_enough() {
        let settings = read(&[]);
        assert_eq!(
            settings.verifier.policy.audience,
            Audience::OneOf(vec!["chatbot".into(), "other".into()])
        );
        assert_eq!(settings.verifier.policy.max_lifetime_secs, Some(3600));
        assert_eq!(settings.verifier.max_token_bytes, 8192);
        assert!(settings.registry.is_none());
    }

    #[test]
    fn a_star_switches_issuer_and_audience_off() {
        let settings = read(&[("JWT_ISSUER", "*"), ("JWT_AUDIENCE", "*")]);
        assert_eq!(settings.issuer(), None);
        assert_eq!(settings.verifier.policy.audience, Audience::Any);
    }
}
