//! What there is to be made of a file: consumers that can be stored, and what
//! is left out, with the reason.

use std::collections::{BTreeMap, HashMap, HashSet};

use token::{
    Algorithm, Credential, CredentialError, CredentialRecord, CredentialSecret,
    DEFAULT_CONSUMER_LIFETIME_SECS, Role,
};
use zeroize::Zeroizing;

use super::{
    correspondence::Correspondence,
    document::{UnreadableFile, parse},
    file::{FileConsumer, FileCredential, KongFile, NAMES, Owner},
};

/// All that is to be done about a file.
pub(crate) struct Plan {
    pub(crate) consumers: Vec<PlannedConsumer>,
    pub(crate) unusable: Vec<Unusable>,
    /// How many there are of what means nothing here.
    pub(crate) ignored: BTreeMap<String, usize>,
    /// Of the jwt plugin.
    pub(crate) correspondences: Vec<Correspondence>,
    /// What was decided where the file leaves it open.
    pub(crate) notes: Vec<String>,
    /// The longest lifetime of tokens, where the file says one.
    pub(crate) max_lifetime_secs: Option<u64>,
}

pub(crate) struct PlannedConsumer {
    /// As the file gives it.
    pub(crate) id: Option<String>,
    pub(crate) username: String,
    pub(crate) custom_id: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) credentials: Vec<PlannedCredential>,
}

pub(crate) struct PlannedCredential {
    /// As the file gives it.
    pub(crate) id: Option<String>,
    pub(crate) key: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) secret: Zeroizing<String>,
    pub(crate) secret_is_base64: bool,
    pub(crate) tags: Vec<String>,
}

/// What cannot be carried over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unusable {
    /// What an operator knows the consumer by.
    pub(crate) consumer: String,
    /// The key of the credential that it is about; `None`: the consumer, or a
    /// credential without a key.
    pub(crate) key: Option<String>,
    pub(crate) reason: String,
}

/// Names of which there can be one each. Whoever comes first has them.
#[derive(Default)]
struct Names(HashSet<(&'static str, String)>);

impl Plan {
    /// Reads a file. `secret_is_base64` is what its reader knows of the secrets;
    /// `None`: what the file says of them.
    pub(crate) fn of(text: &str, secret_is_base64: Option<bool>) -> Result<Self, UnreadableFile> {
        let file = KongFile::read(parse(text)?)?;
        let mut notes = Vec::new();
        let secret_is_base64 = match secret_is_base64 {
            Some(known) => known,
            None => said_of_secrets(&file, &mut notes)?,
        };
        let lifetimes = file.plugins.iter().map(|plugin| plugin.config.max_lifetime_secs());
        let lifetimes: HashSet<_> = lifetimes.collect();
        // What one place lets in cannot be shut out by what another says.
        let max_lifetime_secs =
            if lifetimes.contains(&None) { None } else { lifetimes.iter().flatten().max().copied() };
        if lifetimes.len() > 1 {
            notes.push(format!(
                "maximum_expiration is not the same everywhere; a credential has one, so it is {}",
                max_lifetime_secs.map_or_else(|| "left alone".to_owned(), |secs| format!("{secs} s"))
            ));
        }
        let correspondences = Correspondence::of_all(&file.plugins);
        let mut plan = Self {
            consumers: Vec::new(),
            unusable: file.unusable,
            ignored: file.ignored,
            correspondences,
            notes,
            max_lifetime_secs,
        };
        plan.add(file.consumers, file.credentials, secret_is_base64);
        Ok(plan)
    }

    /// Leaves out what has the issuer's own name as its key: a token that says
    /// so is a user's, and no credential is looked up for it.
    pub(crate) fn reserve(&mut self, issuer: &str) {
        for consumer in &mut self.consumers {
            let reserved = consumer.credentials.extract_if(.., |credential| credential.key == issuer);
            self.unusable.extend(reserved.map(|credential| Unusable {
                consumer: consumer.username.clone(),
                key: Some(credential.key),
                reason: "its key is the issuer's own name (JWT_ISSUER)".to_owned(),
            }));
        }
    }

    fn add(
        &mut self,
        consumers: Vec<FileConsumer>,
        credentials: Vec<(Owner, FileCredential)>,
        secret_is_base64: bool,
    ) {
        let mut names = Names::default();
        let mut owners = HashMap::new();
        let mut given = Vec::new();
        for consumer in consumers {
            match names.take_consumer(consumer) {
                Ok((planned, credentials)) => {
                    let position = given.len();
                    let names = planned.names();
                    owners.extend(names.into_iter().map(|(kind, name)| ((kind, name.to_owned()), position)));
                    given.push((planned, credentials));
                }
                Err(unusable) => self.unusable.push(unusable),
            }
        }
        for (owner, credential) in credentials {
            let mut kinds = NAMES.into_iter().filter(|kind| owner.kind.is_none_or(|wanted| wanted == *kind));
            let position = kinds.find_map(|kind| owners.get(&(kind, owner.name.clone())));
            match position.and_then(|position| given.get_mut(*position)) {
                Some((_, credentials)) => credentials.push(credential),
                None => self.unusable.push(Unusable {
                    consumer: owner.name,
                    key: credential.key,
                    reason: "its consumer is not among those of the file that can be imported".to_owned(),
                }),
            }
        }
        for (mut planned, credentials) in given {
            for credential in credentials {
                let key = credential.key.clone();
                match plan_credential(credential, secret_is_base64, &planned, &mut names) {
                    Ok(credential) => planned.credentials.push(credential),
                    Err(reason) => {
                        self.unusable.push(Unusable { consumer: planned.username.clone(), key, reason });
                    }
                }
            }
            self.consumers.push(planned);
        }
    }
}

/// What the plugin says of all secrets, where it says one thing.
fn said_of_secrets(file: &KongFile, notes: &mut Vec<String>) -> Result<bool, UnreadableFile> {
    let said = file.plugins.iter().map(|plugin| plugin.config.secret_is_base64.unwrap_or(false));
    let said: HashSet<_> = said.collect();
    match (said.contains(&true), said.contains(&false)) {
        (true, true) => Err(UnreadableFile::Content(
            "the jwt plugin reads secrets as base64 in one place and not in another: say which with \
             --secret-is-base64=true or --secret-is-base64=false",
        )),
        (is_base64, _) => {
            if file.plugins.is_empty() {
                notes.push(
                    "the file has no jwt plugin: secrets are taken as they are, not as base64".to_owned(),
                );
            }
            Ok(is_base64)
        }
    }
}

impl Names {
    fn take_consumer(
        &mut self,
        consumer: FileConsumer,
    ) -> Result<(PlannedConsumer, Vec<FileCredential>), Unusable> {
        let label = consumer.label().unwrap_or_default();
        let refused =
            |reason: &str| Unusable { consumer: label.clone(), key: None, reason: reason.to_owned() };
        let FileConsumer { id, username, custom_id, tags, credentials } = consumer;
        let Some(username) = username.or_else(|| custom_id.clone()) else {
            return Err(refused("it has neither username nor custom_id"));
        };
        let planned = PlannedConsumer { id, username, custom_id, tags, credentials: Vec::new() };
        self.take(planned.names()).map_err(|name| refused(&twice(name)))?;
        Ok((planned, credentials))
    }

    /// Takes all of these names or none, and returns the kind of the first that
    /// is taken.
    fn take(&mut self, names: Vec<(&'static str, &str)>) -> Result<(), &'static str> {
        let names: Vec<_> = names.into_iter().map(|(kind, name)| (kind, name.to_owned())).collect();
        if let Some((kind, _)) = names.iter().find(|name| self.0.contains(name)) {
            return Err(kind);
        }
        self.0.extend(names);
        Ok(())
    }
}

impl PlannedConsumer {
    /// What it alone can be called.
    fn names(&self) -> Vec<(&'static str, &str)> {
        let id = self.id.as_deref().map(|id| ("id", id));
        let custom_id = self.custom_id.as_deref().map(|custom_id| ("custom_id", custom_id));
        id.into_iter().chain([("username", self.username.as_str())]).chain(custom_id).collect()
    }
}

fn twice(name: &str) -> String {
    format!("its {name} is in the file before, and the first one has it")
}

fn plan_credential(
    credential: FileCredential,
    secret_is_base64: bool,
    owner: &PlannedConsumer,
    names: &mut Names,
) -> Result<PlannedCredential, String> {
    let FileCredential { id, key, secret, algorithm, tags } = credential;
    let algorithm = algorithm.as_deref().unwrap_or(Algorithm::HS256.name());
    let Some(algorithm) = Algorithm::from_name(algorithm) else {
        // Whatever stands there: it may be the wrong line.
        let is_name = algorithm.len() <= 8 && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let told = if is_name { algorithm } else { "none that is known" };
        return Err(format!("its algorithm is {told}: only HS256, HS384 and HS512 are served"));
    };
    let Some(key) = key else {
        return Err("it has no key: Kong makes one up each time it reads the file".to_owned());
    };
    let Some(secret) = secret else {
        return Err("it has no secret".to_owned());
    };
    for (name, text) in [("key", key.as_str()), ("secret", secret.as_str())] {
        if text.contains("${{") {
            return Err(format!("its {name} is a variable of deck: render the file first"));
        }
        if text.starts_with("{vault://") {
            return Err(format!("its {name} is in a vault of Kong's: put it into the file"));
        }
    }
    let planned = PlannedCredential { id, key, algorithm, secret, secret_is_base64, tags };
    planned.check(owner)?;
    let id = planned.id.as_deref().map(|id| ("credential's id", id));
    names.take(id.into_iter().chain([("key", planned.key.as_str())]).collect()).map_err(twice)?;
    Ok(planned)
}

impl PlannedCredential {
    /// Whether a verifier could use it.
    fn check(&self, owner: &PlannedConsumer) -> Result<(), String> {
        let record = CredentialRecord {
            key: self.key.clone(),
            username: owner.username.clone(),
            custom_id: owner.custom_id.clone(),
            role: Role::User,
            enabled: true,
            algorithm: self.algorithm,
            max_lifetime_secs: DEFAULT_CONSUMER_LIFETIME_SECS,
            not_before: None,
            secrets: vec![self.to_secret()],
        };
        match Credential::new(record) {
            Ok(_) => Ok(()),
            Err(CredentialError::Secret { reason, .. }) => Err(reason.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) fn to_secret(&self) -> CredentialSecret {
        CredentialSecret { value: self.secret.clone(), is_base64: self.secret_is_base64, not_after: None }
    }
}
