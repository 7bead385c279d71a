//! The environment of each part: what a deployed stack would set, with shorter
//! times, so that a rotation can be watched.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{launcher::Variables, options::PartVariable};

pub(crate) const AUTH_TABLE: &str = "latchkey-auth";
pub(crate) const CHAT_TABLE: &str = "latchkey-chat";
pub(crate) const AUDIENCE: &str = "chatbot";

/// How long the plain chatbot may finish what it has begun: short, for one who
/// waits after Ctrl-C.
const DRAIN_SECONDS: &str = "5";
/// After that it keeps the answers that were cut off, and is then killed.
pub(crate) const DRAIN_LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct PartEnvironment {
    pub(crate) issuer: SocketAddr,
    pub(crate) plain_chatbot: SocketAddr,
    /// Where the chat page can be opened.
    pub(crate) page_origins: Vec<String>,
    pub(crate) dynamodb: SocketAddr,
    pub(crate) secrets_manager: SocketAddr,
    pub(crate) secret_arn: String,
    pub(crate) database_file: PathBuf,
    pub(crate) overrides: Vec<PartVariable>,
}

impl PartEnvironment {
    pub(crate) fn authorizer(&self, name: &str, http_api_response: &str) -> Variables {
        let mut variables = self.short_lived_verifier();
        variables.extend(pairs([("HTTP_API_RESPONSE", http_api_response)]));
        self.overridden(name, variables)
    }

    /// The chatbot behind every door. Where there is no authorizer in front it
    /// checks tokens itself, so it gets what an authorizer gets.
    pub(crate) fn chatbot(&self, name: &str, response_mode: &str) -> Variables {
        let mut variables = self.any_chatbot();
        variables.extend(pairs([("CHAT_RESPONSE_MODE", response_mode)]));
        self.overridden(name, variables)
    }

    pub(crate) fn plain_chatbot(&self, name: &str) -> Variables {
        let mut variables = self.any_chatbot();
        variables.extend(pairs([
            ("HOST", &self.plain_chatbot.ip().to_string()),
            ("PORT", &self.plain_chatbot.port().to_string()),
            ("DRAIN_SECONDS", DRAIN_SECONDS),
        ]));
        self.overridden(name, variables)
    }

    pub(crate) fn rotator(&self, name: &str) -> Variables {
        let mut variables = self.aws();
        variables.extend(pairs([
            ("ROTATION_SIGN_AFTER_SECONDS", "8"),
            ("TOKEN_LIFETIME_SECONDS", "1800"),
            ("KEY_MAX_STALE_SECONDS", "4"),
            ("KEY_LEASE_SECONDS", "4"),
            ("CLOCK_SKEW_SECONDS", "0"),
            ("READ_LAG_SECONDS", "0"),
        ]));
        self.overridden(name, variables)
    }

    pub(crate) fn issuer(&self) -> Variables {
        let mut variables = self.verifier();
        let database = format!("sqlite://{}", self.database_file.display());
        variables.extend(pairs([
            ("DATABASE_URL", &database),
            ("ISSUER_LISTEN", &self.issuer.to_string()),
            ("KEY_LEASE_SECONDS", "4"),
            ("CORS_ALLOW_ORIGINS", &self.page_origins.join(",")),
        ]));
        self.overridden("issuer", variables)
    }

    pub(crate) fn issuer_url(&self) -> String {
        format!("http://{}", self.issuer)
    }

    pub(crate) fn plain_chatbot_url(&self) -> String {
        format!("http://{}", self.plain_chatbot)
    }

    fn any_chatbot(&self) -> Variables {
        let mut variables = self.short_lived_verifier();
        variables.extend(pairs([
            ("CHAT_BACKEND", "echo"),
            ("CHAT_TABLE", CHAT_TABLE),
            // As the templates have it, where their CorsAllowOrigin is left alone.
            ("CHAT_CORS_ALLOW_ORIGIN", "*"),
            // One developer is not a crowd, and the demo asks without a pause.
            ("CHAT_REQUESTS_PER_MINUTE", "0"),
        ]));
        variables
    }

    fn aws(&self) -> Variables {
        pairs([
            ("AWS_REGION", crate::REGION),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &format!("http://{}", self.secrets_manager)),
            ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{}", self.dynamodb)),
        ])
    }

    fn verifier(&self) -> Variables {
        let mut variables = self.aws();
        variables.extend(pairs([
            ("JWT_SECRET_ARN", &self.secret_arn),
            ("JWT_ISSUER", &self.issuer_url()),
            ("JWT_AUDIENCE", AUDIENCE),
            ("AUTH_TABLE", AUTH_TABLE),
            ("KEY_CACHE_SECONDS", "1"),
        ]));
        variables
    }

    fn short_lived_verifier(&self) -> Variables {
        let mut variables = self.verifier();
        variables.extend(pairs([
            ("KEY_MAX_STALE_SECONDS", "4"),
            ("KEY_REFRESH_COOLDOWN_SECONDS", "1"),
            ("REGISTRY_CACHE_SECONDS", "1"),
        ]));
        variables
    }

    fn overridden(&self, part: &str, mut variables: Variables) -> Variables {
        for own in self.overrides.iter().filter(|own| own.part == part) {
            variables.retain(|(name, _)| *name != own.name);
            variables.push((own.name.clone(), own.value.clone()));
        }
        variables
    }
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Variables {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
