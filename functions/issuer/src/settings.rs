//! The settings of the issuer, read once, each fault named in one message.
//!
//! Commands read what they need and no more: `token mint` asks for no database,
//! `user list` for no secret.

use std::net::SocketAddr;

use keys::KeySettings;
use token::{
    Algorithm, AlgorithmSet, Audience, Environment, Faults, IssuerRule, MAX_LIFETIME_SECS, Minter, Policy,
    Role, SettingsReader, Verifier,
};

use crate::{
    forwarded::AddressHeader,
    http::HttpSettings,
    log::LogSettings,
    proxies::{Proxies, TrustedProxies},
    second_factor::FactorPolicy,
    server::ServerSettings,
    session::SessionLimits,
    store::DatabaseUrl,
};

/// How far two clocks may differ where this program checks access tokens.
const LEEWAY_SECS: u64 = 30;

/// The longest access token that is looked at, as at every verifier.
const MAX_TOKEN_BYTES: usize = 8192;

const DAY_SECS: u64 = 86_400;

/// What a token looks like and which keys sign it.
#[derive(Debug)]
pub(crate) struct TokenSettings {
    pub(crate) keys: KeySettings,
    pub(crate) minter: Minter,
    pub(crate) verifier: Verifier,
    pub(crate) access_token_secs: u64,
}

/// What `issuer serve` needs.
#[derive(Debug)]
pub(crate) struct ServeSettings {
    pub(crate) tokens: TokenSettings,
    pub(crate) limits: SessionLimits,
    pub(crate) factors: FactorPolicy,
    pub(crate) audit_retention_secs: u64,
    pub(crate) listen: SocketAddr,
    pub(crate) proxies: Proxies,
    pub(crate) throttle_logins: bool,
    pub(crate) database: DatabaseUrl,
    /// The table of the registry, where there is one.
    pub(crate) auth_table: Option<String>,
    pub(crate) http: HttpSettings,
    pub(crate) server: ServerSettings,
    pub(crate) log: LogSettings,
}

impl ServeSettings {
    pub(crate) fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let tokens = TokenSettings::read_into(&mut reader);
        let limits = SessionLimits {
            absolute_secs: reader.number("REFRESH_TOKEN_SECONDS", 30 * DAY_SECS, 300..=366 * DAY_SECS),
            idle_secs: reader.number("SESSION_IDLE_SECONDS", 7 * DAY_SECS, 60..=366 * DAY_SECS),
        };
        let factors = FactorPolicy { required_of: read_roles(&mut reader, "TOTP_REQUIRED_ROLES") };
        let audit_retention_secs = reader.number("AUDIT_RETENTION_DAYS", 400, 1..=36_600) * DAY_SECS;
        let server = ServerSettings::read(&mut reader);
        let behind_proxy = reader.flag("ISSUER_BEHIND_TLS_PROXY", false);
        let is_over_tls = behind_proxy || server.tls.is_some();
        let listen = read_listen(&mut reader, is_over_tls);
        let proxies = read_proxies(&mut reader, behind_proxy);
        let throttle_logins = reader.choice("LOGIN_THROTTLE", true, &[("on", true), ("off", false)]);
        let auth_table = reader.optional("AUTH_TABLE");
        let database = read_database(&mut reader);
        let http = HttpSettings::read(&mut reader, is_over_tls, behind_proxy);
        let log = LogSettings::read(&mut reader);
        reader.finish(Self {
            tokens,
            limits,
            factors,
            audit_retention_secs,
            listen,
            proxies,
            throttle_logins,
            database,
            auth_table,
            http,
            server,
            log,
        })
    }
}

impl TokenSettings {
    pub(crate) fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let tokens = Self::read_into(&mut reader);
        reader.finish(tokens)
    }

    fn read_into(reader: &mut SettingsReader<'_>) -> Self {
        let algorithms = read_algorithms(reader);
        let minter = Minter { issuer: read_issuer(reader), audience: read_audience(reader) };
        let policy = Policy {
            issuer: IssuerRule::Exactly(minter.issuer.clone()),
            audience: Audience::OneOf(minter.audience.clone()),
            leeway_secs: LEEWAY_SECS,
            max_lifetime_secs: Some(MAX_LIFETIME_SECS),
            default_role: None,
            accept_untyped: false,
        };
        Self {
            keys: KeySettings::read_for_issuer(reader, algorithms),
            minter,
            verifier: Verifier { algorithms, policy, max_token_bytes: MAX_TOKEN_BYTES },
            access_token_secs: reader.number("ACCESS_TOKEN_SECONDS", 1800, 60..=MAX_LIFETIME_SECS),
        }
    }
}

impl DatabaseUrl {
    /// Reads the one setting of the commands that need a database only.
    pub(crate) fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        let database = read_database(&mut reader);
        reader.finish(database)
    }

    /// Reads the setting of commands that use a database only where one is named.
    pub(crate) fn read_if_named(environment: Environment<'_>) -> Result<Option<Self>, Faults> {
        let mut reader = SettingsReader::new(environment);
        let database = reader.optional("DATABASE_URL").map(|_| read_database(&mut reader));
        reader.finish(database)
    }
}

fn read_database(reader: &mut SettingsReader<'_>) -> DatabaseUrl {
    let Some(url) = reader.optional("DATABASE_URL") else {
        return DatabaseUrl::default();
    };
    DatabaseUrl::parse(&url).unwrap_or_else(|error| {
        reader.fault("DATABASE_URL", error);
        DatabaseUrl::default()
    })
}

pub(crate) fn read_algorithms(reader: &mut SettingsReader<'_>) -> AlgorithmSet {
    let default = AlgorithmSet::only(Algorithm::HS256);
    let Some(list) = reader.optional("JWT_ALGORITHMS") else {
        return default;
    };
    AlgorithmSet::parse(&list).unwrap_or_else(|| {
        reader.fault("JWT_ALGORITHMS", "is not a comma list of HS256, HS384, HS512");
        default
    })
}

fn read_issuer(reader: &mut SettingsReader<'_>) -> String {
    let issuer = reader.required("JWT_ISSUER");
    if issuer == "*" {
        reader.fault("JWT_ISSUER", "is \"*\": an issuer has to have a name");
    }
    issuer
}

fn read_audience(reader: &mut SettingsReader<'_>) -> Vec<String> {
    let list = reader.required("JWT_AUDIENCE");
    if list.is_empty() {
        return Vec::new();
    }
    let audience: Vec<_> = list.split(',').map(|one| one.trim().to_owned()).collect();
    if audience.iter().any(|one| one.is_empty() || one == "*") {
        let what = "is not a comma list of names; \"*\" is for verifiers, a token has to say whom it is for";
        reader.fault("JWT_AUDIENCE", what);
    }
    audience
}

fn read_roles(reader: &mut SettingsReader<'_>, name: &'static str) -> Vec<Role> {
    let list = reader.optional(name).unwrap_or_default();
    let roles: Option<Vec<_>> = list.split(',').map(|one| Role::from_name(one.trim())).collect();
    match roles {
        Some(roles) => roles,
        None if list.trim().is_empty() => Vec::new(),
        None => {
            reader.fault(name, "is not a comma list of ADMIN, SUPERVISOR, USER");
            Vec::new()
        }
    }
}

/// Plain HTTP stays on this machine, unless something in front of it speaks TLS
/// (RFC 6750 section 5.3).
fn read_listen(reader: &mut SettingsReader<'_>, is_over_tls: bool) -> SocketAddr {
    let default = SocketAddr::from(([127, 0, 0, 1], 8081));
    let Some(text) = reader.optional("ISSUER_LISTEN") else {
        return default;
    };
    match text.trim().parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() || is_over_tls => address,
        Ok(_) => {
            let what = "is not a loopback address, and this listener is plain HTTP; set \
                        ISSUER_TLS_CERTIFICATE and ISSUER_TLS_PRIVATE_KEY, or put a proxy that speaks \
                        TLS in front of it and set ISSUER_BEHIND_TLS_PROXY=true";
            reader.fault("ISSUER_LISTEN", what);
            default
        }
        Err(_) => {
            reader.fault("ISSUER_LISTEN", "is not an address and a port, such as 127.0.0.1:8081");
            default
        }
    }
}

/// Behind a proxy every connection comes from it: not to say which addresses are
/// the proxy's would make all clients look like one, who throttle each other.
fn read_proxies(reader: &mut SettingsReader<'_>, behind_proxy: bool) -> Proxies {
    let headers = AddressHeader::ALL.map(|header| (header.name(), header));
    let header = reader.choice("CLIENT_ADDRESS_HEADER", AddressHeader::XForwardedFor, &headers);
    let trusted = match reader.optional("TRUSTED_PROXIES").as_deref().map(TrustedProxies::parse) {
        Some(Ok(trusted)) => trusted,
        Some(Err(error)) => {
            reader.fault("TRUSTED_PROXIES", error);
            TrustedProxies::default()
        }
        None => {
            if behind_proxy {
                let what = "is required with ISSUER_BEHIND_TLS_PROXY=true: the addresses that the proxy \
                            connects from, such as 10.0.0.0/16; or \"none\", where it keeps the address \
                            of each client";
                reader.fault("TRUSTED_PROXIES", what);
            }
            TrustedProxies::default()
        }
    };
    Proxies::new(trusted, header)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("JWT_ISSUER", "https://auth.example.com"),
        ("JWT_AUDIENCE", "chatbot, reports"),
    ];

    fn read(overrides: &[(&str, &str)]) -> Result<ServeSettings, Faults> {
        ServeSettings::read(&|name: &str| {
            let found = overrides.iter().chain(&GOOD).find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn check_fault(overrides: &[(&str, &str)], expected: &Expect) {
        expected.assert_eq(&read(overrides).unwrap_err().to_string());
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8081");
        assert_eq!(settings.tokens.minter.audience, ["chatbot", "reports"]);
        assert_eq!(settings.tokens.access_token_secs, 1800);
        assert_eq!(settings.limits.absolute_secs, 2_592_000);
        assert_eq!(settings.limits.idle_secs, 604_800);
        assert_eq!(settings.auth_table, None);
        assert!(settings.throttle_logins);
        assert_eq!(settings.factors.required_of, []);
        assert_eq!(settings.audit_retention_secs, 34_560_000);
        let printed = format!("{settings:?}");
        assert!(!printed.contains("0123456789abcdef"), "{printed}");
    }

    #[test]
    fn one_message_names_every_fault() {
        check_fault(
            &[
                ("JWT_SECRET", "short"),
                ("JWT_ISSUER", ""),
                ("JWT_AUDIENCE", "*"),
                ("JWT_ALGORITHMS", "none"),
                ("ACCESS_TOKEN_SECONDS", "3601"),
                ("REFRESH_TOKEN_SECONDS", "1"),
                ("SESSION_IDLE_SECONDS", "x"),
                ("ISSUER_LISTEN", "0.0.0.0:80"),
                ("DATABASE_URL", "mysql://root:hunter2@db/issuer"),
                ("CORS_ALLOW_ORIGINS", "*"),
                ("ISSUER_MAX_CONNECTIONS", "0"),
                ("ISSUER_TLS_CERTIFICATE", "/nowhere/certificate.pem"),
                ("METRICS", "yes"),
                ("LOG_FORMAT", "text"),
                ("LOG_LEVEL", "trace"),
            ],
            &expect![[
                r#"wrong settings: JWT_ALGORITHMS is not a comma list of HS256, HS384, HS512; JWT_ISSUER is required; JWT_AUDIENCE is not a comma list of names; "*" is for verifiers, a token has to say whom it is for; JWT_SECRET cannot be used: the secret has 5 bytes, HS256 needs at least 32; ACCESS_TOKEN_SECONDS is not a whole number from 60 to 3600; REFRESH_TOKEN_SECONDS is not a whole number from 300 to 31622400; SESSION_IDLE_SECONDS is not a whole number from 60 to 31622400; ISSUER_MAX_CONNECTIONS is not a whole number from 1 to 65536; ISSUER_TLS_PRIVATE_KEY is required with ISSUER_TLS_CERTIFICATE; ISSUER_LISTEN is not a loopback address, and this listener is plain HTTP; set ISSUER_TLS_CERTIFICATE and ISSUER_TLS_PRIVATE_KEY, or put a proxy that speaks TLS in front of it and set ISSUER_BEHIND_TLS_PROXY=true; DATABASE_URL is not the address of a database, such as sqlite://issuer.db or postgres://user@host/issuer; METRICS is not one of on, off; CORS_ALLOW_ORIGINS is not a comma list of origins as browsers write them, such as https://app.example.com: scheme, host in lower case, and the port where it is not the usual one; * is not one; LOG_FORMAT is not one of json, human; LOG_LEVEL is not one of error, warn, info, debug"#
            ]],
        );
    }

    #[test]
    fn a_second_factor_can_be_required_of_roles() {
        let roles =
            |list| read(&[("TOTP_REQUIRED_ROLES", list)]).map(|settings| settings.factors.required_of);
        assert_eq!(roles("admin, SUPERVISOR").unwrap(), [Role::Admin, Role::Supervisor]);
        assert_eq!(roles(" ").unwrap(), []);
        for wrong in ["ROOT", "ADMIN,", ","] {
            let expected =
                "wrong settings: TOTP_REQUIRED_ROLES is not a comma list of ADMIN, SUPERVISOR, USER";
            assert_eq!(roles(wrong).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let listen = |text| read(&[("ISSUER_LISTEN", text)]).map(|settings| settings.listen);
        assert!(listen("[::1]:0").is_ok());
        assert!(listen("10.0.0.1:8081").is_err());
        assert!(listen("localhost:8081").is_err());
        let behind = [("ISSUER_BEHIND_TLS_PROXY", "true"), ("TRUSTED_PROXIES", "10.0.0.1")];
        assert!(read(&[("ISSUER_LISTEN", "0.0.0.0:8081"), behind[0], behind[1]]).is_ok());
    }

    #[test]
    fn who_stands_behind_a_proxy_says_which() {
        let behind = ("ISSUER_BEHIND_TLS_PROXY", "true");
        check_fault(
            &[behind],
            &expect![[
                r#"wrong settings: TRUSTED_PROXIES is required with ISSUER_BEHIND_TLS_PROXY=true: the addresses that the proxy connects from, such as 10.0.0.0/16; or "none", where it keeps the address of each client"#
            ]],
        );
        check_fault(
            &[("TRUSTED_PROXIES", "10.0.0.0/0"), ("CLIENT_ADDRESS_HEADER", "x-real-ip")],
            &expect![
                "wrong settings: CLIENT_ADDRESS_HEADER is not one of x-forwarded-for, forwarded; TRUSTED_PROXIES trusts everybody: name the addresses of the proxies"
            ],
        );
        assert!(read(&[behind, ("TRUSTED_PROXIES", "none")]).is_ok());
        assert!(read(&[("TRUSTED_PROXIES", "127.0.0.1"), ("CLIENT_ADDRESS_HEADER", "forwarded")]).is_ok());
    }

    #[test]
    fn an_audience_is_always_named() {
        for list in ["*", "chatbot,*", "chatbot,,", ","] {
            assert!(read(&[("JWT_AUDIENCE", list)]).is_err(), "{list}");
        }
        assert!(read(&[("JWT_ISSUER", "*")]).is_err());
    }
}
