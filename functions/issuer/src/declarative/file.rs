//! What Kong keeps in a file, as far as it concerns consumers and their
//! credentials.
//!
//! `deck` writes credentials inside their consumers, `kong config db_export`
//! beside them; both may be in one file.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{
    Unusable,
    document::{Node, UnreadableFile},
    entity::{Entity, WrongType},
    jwt_plugin::{JwtPlugin, SharedConfigs},
};

/// Members that mean nothing here, and that nobody misses.
const KNOWN: [&str; 3] = ["created_at", "updated_at", "_comment"];

/// What names a consumer, in the order in which it is looked for.
pub(super) const NAMES: [&str; 3] = ["id", "username", "custom_id"];

const FORMAT_VERSIONS: [&str; 3] = ["1.1", "2.1", "3.0"];

#[derive(Default)]
pub(super) struct KongFile {
    pub(super) consumers: Vec<FileConsumer>,
    /// Those that are beside their consumers.
    pub(super) credentials: Vec<(Owner, FileCredential)>,
    pub(super) plugins: Vec<JwtPlugin>,
    /// How many there are of what means nothing here.
    pub(super) ignored: BTreeMap<String, usize>,
    pub(super) unusable: Vec<Unusable>,
}

pub(super) struct FileConsumer {
    pub(super) id: Option<String>,
    pub(super) username: Option<String>,
    pub(super) custom_id: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) credentials: Vec<FileCredential>,
}

/// What a credential says its consumer is.
pub(super) struct Owner {
    /// The member that `name` is; `None`: any.
    pub(super) kind: Option<&'static str>,
    pub(super) name: String,
}

pub(super) struct FileCredential {
    pub(super) id: Option<String>,
    pub(super) key: Option<String>,
    pub(super) secret: Option<Zeroizing<String>>,
    pub(super) algorithm: Option<String>,
    pub(super) tags: Vec<String>,
}

impl KongFile {
    pub(super) fn read(root: Node) -> Result<Self, UnreadableFile> {
        let content = UnreadableFile::Content;
        let mut root =
            Entity::of(root).ok_or(content("the file is no object of declarative configuration"))?;
        check_version(&root.take("_format_version"))?;
        let lists = "consumers, jwt_secrets, plugins, services and routes are lists";
        let mut list = |name| root.take_list(name).map_err(|_| content(lists));
        let (consumers, credentials) = (list("consumers")?, list("jwt_secrets")?);
        let (plugins, services, routes) = (list("plugins")?, list("services")?, list("routes")?);
        let shared = SharedConfigs::read(root.take("_plugin_configs"));

        let mut file = Self::default();
        for (index, node) in consumers.into_iter().enumerate() {
            file.add_consumer(node, index + 1);
        }
        for (index, node) in credentials.into_iter().enumerate() {
            file.add_credential(node, index + 1);
        }
        file.add_plugins("global", plugins, &shared)?;
        file.add_parents("services", services, &shared)?;
        file.add_parents("routes", routes, &shared)?;
        file.ignore("", root);
        Ok(file)
    }

    fn add_consumer(&mut self, node: Node, number: usize) {
        let label = format!("number {number}");
        let Some(mut entity) = Entity::of(node) else {
            return self.refuse(label, None, &"it is no object");
        };
        let credentials = entity.take_list("jwt_secrets");
        match (FileConsumer::read(&mut entity), credentials) {
            (Ok(mut consumer), Ok(nodes)) => {
                let label = consumer.label().unwrap_or(label);
                for node in nodes {
                    consumer.credentials.extend(self.read_credential(node, &label));
                }
                self.consumers.push(consumer);
                self.ignore("consumers[].", entity);
            }
            (Err(fault), _) | (_, Err(fault)) => self.refuse(label, None, &fault),
        }
    }

    fn add_credential(&mut self, node: Node, number: usize) {
        let label = format!("of jwt_secrets number {number}");
        let Some(mut entity) = Entity::of(node) else {
            return self.refuse(label, None, &"it is no object");
        };
        let owner = match entity.take("consumer") {
            Node::Text(name) => Some(Owner { kind: None, name: name.as_str().to_owned() }),
            owner => Entity::of(owner).and_then(|mut owner| {
                NAMES.into_iter().find_map(|kind| {
                    let name = owner.take_name(kind).ok().flatten()?;
                    Some(Owner { kind: Some(kind), name })
                })
            }),
        };
        let label = owner.as_ref().map_or(label, |owner| owner.name.clone());
        let Some(read) = self.read_entity(entity, "jwt_secrets[].", &label) else { return };
        match owner {
            Some(owner) => self.credentials.push((owner, read)),
            None => self.refuse(label, read.key, &"it names no consumer"),
        }
    }

    fn read_credential(&mut self, node: Node, consumer: &str) -> Option<FileCredential> {
        let Some(mut entity) = Entity::of(node) else {
            self.refuse(consumer.to_owned(), None, &"its credential is no object");
            return None;
        };
        // Said again, as an export of the other form has it.
        entity.take("consumer");
        self.read_entity(entity, "consumers[].jwt_secrets[].", consumer)
    }

    fn read_entity(&mut self, mut entity: Entity, place: &str, consumer: &str) -> Option<FileCredential> {
        let key = entity.take_name("key");
        let label = key.as_ref().ok().cloned().flatten();
        match key.and_then(|key| FileCredential::read(&mut entity, key)) {
            Ok(credential) => {
                self.ignore(place, entity);
                Some(credential)
            }
            Err(fault) => {
                self.refuse(consumer.to_owned(), label, &fault);
                None
            }
        }
    }

    fn add_plugins(
        &mut self,
        place: &str,
        nodes: Vec<Node>,
        shared: &SharedConfigs,
    ) -> Result<(), UnreadableFile> {
        for node in nodes {
            let Some(mut entity) = Entity::of(node) else { continue };
            if entity.take_name("name").ok().flatten().as_deref() == Some("jwt") {
                self.plugins.extend(JwtPlugin::read(entity, place, shared)?);
            } else {
                *self.ignored.entry("plugins other than jwt".to_owned()).or_default() += 1;
            }
        }
        Ok(())
    }

    /// What plugins are attached to: services, their routes, and routes of none.
    fn add_parents(
        &mut self,
        kind: &'static str,
        nodes: Vec<Node>,
        shared: &SharedConfigs,
    ) -> Result<(), UnreadableFile> {
        if !nodes.is_empty() {
            *self.ignored.entry(kind.to_owned()).or_default() += nodes.len();
        }
        for mut entity in nodes.into_iter().filter_map(Entity::of) {
            let name = entity.take_name("name").ok().flatten().unwrap_or_else(|| "without a name".to_owned());
            let plugins = entity.take_list("plugins").unwrap_or_default();
            self.add_plugins(&format!("{kind} {name:?}"), plugins, shared)?;
            self.add_parents("routes", entity.take_list("routes").unwrap_or_default(), shared)?;
        }
        Ok(())
    }

    fn refuse(&mut self, consumer: String, key: Option<String>, reason: &impl ToString) {
        self.unusable.push(Unusable { consumer, key, reason: reason.to_string() });
    }

    fn ignore(&mut self, place: &str, entity: Entity) {
        for (name, count) in entity.rest().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            *self.ignored.entry(format!("{place}{name}")).or_default() += count;
        }
    }
}

impl FileConsumer {
    fn read(entity: &mut Entity) -> Result<Self, WrongType> {
        Ok(Self {
            id: entity.take_name("id")?,
            username: entity.take_name("username")?,
            custom_id: entity.take_name("custom_id")?,
            tags: entity.take_texts("tags")?.unwrap_or_default(),
            credentials: Vec::new(),
        })
    }

    /// What an operator knows it by.
    pub(super) fn label(&self) -> Option<String> {
        [&self.username, &self.custom_id, &self.id].into_iter().flatten().next().cloned()
    }
}

impl FileCredential {
    fn read(entity: &mut Entity, key: Option<String>) -> Result<Self, WrongType> {
        // Of no use to a secret; what has nothing else is refused for its algorithm.
        entity.take("rsa_public_key");
        Ok(Self {
            id: entity.take_name("id")?,
            key,
            secret: entity.take_text("secret")?,
            algorithm: entity.take_name("algorithm")?,
            tags: entity.take_texts("tags")?.unwrap_or_default(),
        })
    }
}

/// A file without a version is some other file.
fn check_version(version: &Node) -> Result<(), UnreadableFile> {
    let known = match version {
        Node::Text(version) => FORMAT_VERSIONS.contains(&version.as_str()),
        // Without quotes.
        Node::Number(version) => FORMAT_VERSIONS.contains(&format!("{version:.1}").as_str()),
        _ => false,
    };
    let told =
        "the file has no _format_version of 1.1, 2.1 or 3.0: it is no declarative configuration of Kong";
    if known { Ok(()) } else { Err(UnreadableFile::Content(told)) }
}
