//! What a body says of a credential.

use registry::{Change, Consumer, CredentialChange, CredentialView, NewCredential};
use token::{Algorithm, CredentialSecret, DEFAULT_CONSUMER_LIFETIME_SECS, Role, Timestamp};
use zeroize::Zeroizing;

use super::{
    consumer_input::{PathName, list_change, same},
    fault::RequestFault,
    field::Field,
    fields::Fields,
    registrar::Registrar,
};
use crate::{
    consumers::{fresh_key, fresh_secret},
    ids::new_id,
};

/// Of the year 9999. Milliseconds taken for seconds are beyond it.
const LAST_SECOND: u64 = 253_402_300_799;

const ONLY_HMAC: &str = "has no use: only HS256, HS384 and HS512 are served";

pub(super) struct CredentialInput {
    pub(super) id: Option<String>,
    pub(super) key: Option<String>,
    pub(super) secret: Option<Zeroizing<String>>,
    pub(super) secret_is_base64: Option<bool>,
    pub(super) algorithm: Option<Algorithm>,
    tags: Field<Vec<String>>,
    /// By which of its names the body says whose it is.
    pub(super) consumer: Option<(&'static str, String)>,
    enabled: Option<bool>,
    role: Option<Role>,
    max_lifetime_secs: Option<u64>,
    not_before: Option<Timestamp>,
}

impl CredentialInput {
    pub(super) fn read(mut fields: Fields) -> Result<Self, RequestFault> {
        let algorithm = "is not HS256, HS384 or HS512: no others are served";
        let role = "is not ADMIN, SUPERVISOR or USER";
        let not_before = fields.whole("not_before").value();
        if not_before.is_some_and(|secs| secs > LAST_SECOND) {
            fields.fault("not_before", "is after the year 9999; it is in seconds");
        }
        let not_before = not_before.and_then(|secs| i64::try_from(secs).ok());
        let input = Self {
            id: fields.text("id").value(),
            key: fields.text("key").value(),
            secret: fields.text("secret").value().map(Zeroizing::new),
            secret_is_base64: fields.flag("secret_is_base64").value(),
            algorithm: fields.word("algorithm", Algorithm::from_name, algorithm).value(),
            tags: fields.texts("tags"),
            consumer: fields.reference("consumer", ["id", "username"]).value(),
            enabled: fields.flag("enabled").value(),
            role: fields.word("role", Role::from_name, role).value(),
            max_lifetime_secs: fields.whole("max_lifetime_seconds").value(),
            not_before: not_before.map(Timestamp::from_unix_secs),
        };
        if fields.text("rsa_public_key").value().is_some() {
            fields.fault("rsa_public_key", ONLY_HMAC);
        }
        // Answers have them, and clients send answers back.
        for name in ["created_at", "updated_at", "secrets"] {
            fields.skip(name);
        }
        fields.finish(input)
    }

    /// Takes the name in a path over; what the body says may not be another.
    pub(super) fn named(self, path: &str) -> Result<Self, RequestFault> {
        match PathName::of(path) {
            PathName::Id => {
                let id = same("id", self.id, path, str::eq_ignore_ascii_case)?;
                Ok(Self { id: Some(id), ..self })
            }
            PathName::Name => {
                let key = same("key", self.key, path, str::eq)?;
                Ok(Self { key: Some(key), ..self })
            }
        }
    }

    /// What is there already keeps its key where no other is given.
    pub(super) fn with_key_or(self, key: String) -> Self {
        Self { key: self.key.or(Some(key)), ..self }
    }

    /// Whoever says whose it is besides the path has to mean the same.
    pub(super) fn check_owner(&self, owner: &Consumer) -> Result<(), RequestFault> {
        let is_same = match &self.consumer {
            None => true,
            Some(("username", username)) => *username == owner.username,
            Some((_, id)) => id.eq_ignore_ascii_case(&owner.id),
        };
        if is_same { Ok(()) } else { Err(RequestFault::invalid("consumer", "is another than in the path")) }
    }

    /// A token with the issuer's name in it is a user's, and no credential is
    /// looked up for it.
    pub(super) fn check_key(&self, registrar: &Registrar) -> Result<(), RequestFault> {
        if self.key.as_ref() == Some(&registrar.issuer.pairs.minter.issuer) {
            return Err(RequestFault::invalid("key", "is the issuer's own name"));
        }
        Ok(())
    }

    /// Whether `secret_is_base64` says of the secret that there is what is so.
    pub(super) fn check_encoding(&self, present: &CredentialView) -> Result<(), RequestFault> {
        let present = present.secrets.first().map(|secret| secret.is_base64);
        if self.secret.is_none() && self.secret_is_base64.is_some() && self.secret_is_base64 != present {
            return Err(RequestFault::invalid("secret_is_base64", "changes with the secret only"));
        }
        Ok(())
    }

    /// Returns what to make, key and secret made up where they are left out, and
    /// the secret to show.
    pub(super) fn into_new(
        self,
        registrar: &Registrar,
    ) -> Result<(NewCredential, Zeroizing<String>), RequestFault> {
        let algorithm = self.algorithm.unwrap_or(Algorithm::HS256);
        let is_base64 = self.secret_is_base64.unwrap_or(false);
        let value = self.secret.map_or_else(|| fresh_secret(algorithm, is_base64), Ok)?;
        let shown = value.clone();
        let new = NewCredential {
            id: self.id.map_or_else(|| new_id(registrar.now), Ok)?,
            key: self.key.map_or_else(fresh_key, Ok)?,
            algorithm,
            secrets: vec![CredentialSecret { value, is_base64, not_after: None }],
            role: self.role.unwrap_or(Role::User),
            enabled: self.enabled.unwrap_or(true),
            max_lifetime_secs: self.max_lifetime_secs.unwrap_or(DEFAULT_CONSUMER_LIFETIME_SECS),
            not_before: self.not_before,
            tags: self.tags.value().unwrap_or_default(),
        };
        Ok((new, shown))
    }

    /// Returns the change that a patch is, and the secret to show. A secret that
    /// does not say whether it is base64 is what the one before it was.
    pub(super) fn into_change(
        self,
        present: &CredentialView,
    ) -> (CredentialChange, Option<Zeroizing<String>>) {
        let before = present.secrets.first().is_some_and(|secret| secret.is_base64);
        let is_base64 = self.secret_is_base64.unwrap_or(before);
        let shown = self.secret.clone();
        let secrets = self.secret.map(|value| vec![CredentialSecret { value, is_base64, not_after: None }]);
        let change = CredentialChange {
            key: set(self.key),
            algorithm: set(self.algorithm),
            secrets: set(secrets),
            role: set(self.role),
            enabled: set(self.enabled),
            max_lifetime_secs: set(self.max_lifetime_secs),
            not_before: set(self.not_before),
            tags: list_change(self.tags),
        };
        (change, shown)
    }

    /// Returns the change that makes a credential what this says, all but its
    /// secrets.
    pub(super) fn into_replacement(self) -> CredentialChange {
        CredentialChange {
            key: set(self.key),
            algorithm: Change::Set(self.algorithm.unwrap_or(Algorithm::HS256)),
            secrets: Change::Keep,
            role: Change::Set(self.role.unwrap_or(Role::User)),
            enabled: Change::Set(self.enabled.unwrap_or(true)),
            max_lifetime_secs: Change::Set(self.max_lifetime_secs.unwrap_or(DEFAULT_CONSUMER_LIFETIME_SECS)),
            not_before: set(self.not_before),
            tags: Change::Set(self.tags.value().unwrap_or_default()),
        }
    }
}

fn set<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}
