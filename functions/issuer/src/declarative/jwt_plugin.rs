//! What Kong's jwt plugin was told in a file.

use std::collections::BTreeMap;

use super::{
    document::{Node, UnreadableFile},
    entity::{Entity, WrongType},
};

/// The plugin in one place, switched on.
pub(super) struct JwtPlugin {
    /// `global`, or what it is attached to.
    pub(super) place: String,
    pub(super) config: JwtConfig,
}

/// Its config. `None` is what the file does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct JwtConfig {
    pub(super) header_names: Option<Vec<String>>,
    pub(super) cookie_names: Option<Vec<String>>,
    pub(super) uri_param_names: Option<Vec<String>>,
    pub(super) key_claim_name: Option<String>,
    pub(super) secret_is_base64: Option<bool>,
    pub(super) claims_to_verify: Option<Vec<String>>,
    pub(super) maximum_expiration: Option<u64>,
    pub(super) anonymous: Option<String>,
    pub(super) run_on_preflight: Option<bool>,
    pub(super) realm: Option<String>,
}

/// Configs that plugins refer to by name, as `deck` allows.
pub(super) struct SharedConfigs(BTreeMap<String, JwtConfig>);

impl JwtPlugin {
    /// Returns `None` where it is switched off.
    pub(super) fn read(
        mut plugin: Entity,
        place: &str,
        shared: &SharedConfigs,
    ) -> Result<Option<Self>, UnreadableFile> {
        let faulty = UnreadableFile::Content("the config of a jwt plugin cannot be read");
        if plugin.take_flag("enabled").map_err(|_| faulty.clone())? == Some(false) {
            return Ok(None);
        }
        let base = match plugin.take_name("_config").map_err(|_| faulty.clone())? {
            Some(name) => {
                let unknown =
                    UnreadableFile::Content("a jwt plugin refers to a _plugin_config that is not there");
                shared.0.get(&name).cloned().ok_or(unknown)?
            }
            None => JwtConfig::default(),
        };
        let config = match plugin.take("config") {
            Node::Null => base,
            node => {
                let own = Entity::of(node).map(|mut config| JwtConfig::read(&mut config));
                own.and_then(Result::ok).ok_or(faulty)?.over(base)
            }
        };
        Ok(Some(Self { place: place.to_owned(), config }))
    }
}

impl SharedConfigs {
    /// Those of other plugins are read like any, and nobody asks for them.
    pub(super) fn read(node: Node) -> Self {
        let Node::Map(configs) = node else { return Self(BTreeMap::new()) };
        let configs = configs.into_iter().filter_map(|(name, node)| {
            let config = JwtConfig::read(&mut Entity::of(node)?).ok()?;
            Some((name, config))
        });
        Self(configs.collect())
    }
}

impl JwtConfig {
    fn read(config: &mut Entity) -> Result<Self, WrongType> {
        Ok(Self {
            header_names: config.take_texts("header_names")?,
            cookie_names: config.take_texts("cookie_names")?,
            uri_param_names: config.take_texts("uri_param_names")?,
            key_claim_name: config.take_name("key_claim_name")?,
            secret_is_base64: config.take_flag("secret_is_base64")?,
            claims_to_verify: config.take_texts("claims_to_verify")?,
            maximum_expiration: config.take_whole("maximum_expiration")?,
            anonymous: config.take_name("anonymous")?,
            run_on_preflight: config.take_flag("run_on_preflight")?,
            realm: config.take_name("realm")?,
        })
    }

    /// Returns what this says, and where it says nothing, what `base` does.
    fn over(self, base: Self) -> Self {
        Self {
            header_names: self.header_names.or(base.header_names),
            cookie_names: self.cookie_names.or(base.cookie_names),
            uri_param_names: self.uri_param_names.or(base.uri_param_names),
            key_claim_name: self.key_claim_name.or(base.key_claim_name),
            secret_is_base64: self.secret_is_base64.or(base.secret_is_base64),
            claims_to_verify: self.claims_to_verify.or(base.claims_to_verify),
            maximum_expiration: self.maximum_expiration.or(base.maximum_expiration),
            anonymous: self.anonymous.or(base.anonymous),
            run_on_preflight: self.run_on_preflight.or(base.run_on_preflight),
            realm: self.realm.or(base.realm),
        }
    }

    /// Whether a token must say when it expires, and is refused from then on.
    pub(super) fn verifies(&self, claim: &str) -> bool {
        self.claims_to_verify.iter().flatten().any(|named| named == claim)
    }

    /// The longest lifetime in seconds, where there is one.
    pub(super) fn max_lifetime_secs(&self) -> Option<u64> {
        self.maximum_expiration.filter(|secs| *secs > 0)
    }
}
