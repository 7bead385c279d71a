//! What of the jwt plugin's config the authorizer is told by settings of its
//! own, and what it does otherwise.

use super::jwt_plugin::{JwtConfig, JwtPlugin};

/// What an operator has to know who moves from Kong's plugin to the authorizer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Correspondence {
    /// `global`, or what the plugin is attached to: wherever it was told the same.
    pub(crate) places: Vec<String>,
    /// Settings of the authorizer, with their values.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// What is otherwise there.
    pub(crate) differences: Vec<String>,
}

impl Correspondence {
    /// One for all places that say the same.
    pub(super) fn of_all(plugins: &[JwtPlugin]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for plugin in plugins {
            let one = Self::of(&plugin.config);
            let same =
                |other: &&mut Self| other.settings == one.settings && other.differences == one.differences;
            match all.iter_mut().find(same) {
                Some(other) => other.places.push(plugin.place.clone()),
                None => all.push(Self { places: vec![plugin.place.clone()], ..one }),
            }
        }
        all
    }

    fn of(config: &JwtConfig) -> Self {
        let settings = vec![("CONSUMERS", "on".to_owned()), ("TOKEN_SOURCES", token_sources(config))];
        let mut differences = Vec::new();
        let mut differs = |told: String| differences.push(told);
        if !config.verifies("exp") {
            differs(
                "Kong takes expired tokens here, and tokens without exp, because claims_to_verify does not \
                 name exp; the authorizer refuses both"
                    .to_owned(),
            );
        }
        if !config.verifies("nbf") {
            differs("Kong does not look at nbf here; the authorizer does where a token has one".to_owned());
        }
        match config.key_claim_name.as_deref() {
            None | Some("iss") => {}
            Some("kid") => differs(
                "Kong reads the key of a credential from kid; the authorizer does where a token has no iss"
                    .to_owned(),
            ),
            Some(name) => differs(format!(
                "Kong reads the key of a credential from {name:?}; the authorizer from iss, or kid where a \
                 token has no iss: tokens have to change"
            )),
        }
        if config.max_lifetime_secs().is_some() {
            differs(
                "Kong measures maximum_expiration from the moment of the request; the authorizer from iat \
                 where a token has one"
                    .to_owned(),
            );
        }
        if config.uri_param_names.as_ref().is_none_or(|names| !names.is_empty()) {
            differs(
                "a token in a query ends up in logs; leave out of TOKEN_SOURCES what no client uses"
                    .to_owned(),
            );
        }
        if config.anonymous.is_some() {
            differs(
                "a request without a good token is anonymous in Kong; the authorizer refuses it".to_owned(),
            );
        }
        if config.run_on_preflight == Some(false) {
            differs("preflight requests pass Kong; let API Gateway answer them (CORS)".to_owned());
        }
        if config.realm.is_some() {
            differs("the challenge of a refusal has Kong's realm; API Gateway's has none".to_owned());
        }
        Self { places: Vec::new(), settings, differences }
    }
}

/// What the file does not say is Kong's default.
fn token_sources(config: &JwtConfig) -> String {
    let named = |names: &Option<Vec<String>>, otherwise: &[&str]| -> Vec<String> {
        let otherwise = || otherwise.iter().map(|name| (*name).to_owned()).collect();
        names.clone().unwrap_or_else(otherwise)
    };
    let headers = named(&config.header_names, &["authorization"]);
    let headers = headers.into_iter().map(|name| format!("header:{name}"));
    let cookies = named(&config.cookie_names, &[]).into_iter().map(|name| format!("cookie:{name}"));
    let queries = named(&config.uri_param_names, &["jwt"]).into_iter().map(|name| format!("query:{name}"));
    headers.chain(cookies).chain(queries).collect::<Vec<_>>().join(",")
}
