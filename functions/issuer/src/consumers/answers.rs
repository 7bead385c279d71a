//! Consumers and credentials as they are shown: the fields of Kong's admin API,
//! and our own.

use registry::{Consumer, CredentialView, SecretState};
use serde::Serialize;
use token::{Role, Timestamp};
use utoipa::ToSchema;

/// A consumer. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, ToSchema)]
#[schema(as = Consumer)]
pub(crate) struct ConsumerAnswer {
    /// A UUID
    id: String,
    /// The `custom_id` where none was given
    username: String,
    custom_id: Option<String>,
    tags: Vec<String>,
    created_at: i64,
    updated_at: i64,
}

/// A consumer's credential. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, ToSchema)]
#[schema(as = Credential)]
pub(crate) struct CredentialAnswer {
    /// A UUID
    id: String,
    /// What `iss` (or `kid`) of a token names
    key: String,
    /// Only in the answer to the request that set it, and never again
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Whether the newest secret is base64 of the bytes that sign
    secret_is_base64: bool,
    /// `HS256`, `HS384` or `HS512`
    algorithm: &'static str,
    tags: Vec<String>,
    consumer: OwnerAnswer,
    enabled: bool,
    /// `ADMIN`, `SUPERVISOR` or `USER`
    #[schema(value_type = String)]
    role: Role,
    /// The longest lifetime of its tokens
    max_lifetime_seconds: u64,
    /// Tokens issued before this are refused
    not_before: Option<i64>,
    /// The newest first
    secrets: Vec<SecretAnswer>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

/// Whose credential it is.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialOwner)]
struct OwnerAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Where the credential was not made here and knows no id
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
}

/// What may be known about a secret.
#[derive(Serialize, ToSchema)]
#[schema(as = SecretState)]
struct SecretAnswer {
    secret_is_base64: bool,
    /// The last second in which it is good; null: for ever
    not_after: Option<i64>,
}

impl From<Consumer> for ConsumerAnswer {
    fn from(consumer: Consumer) -> Self {
        Self {
            id: consumer.id,
            username: consumer.username,
            custom_id: consumer.custom_id,
            tags: consumer.tags,
            created_at: consumer.created_at.as_unix_secs(),
            updated_at: consumer.updated_at.as_unix_secs(),
        }
    }
}

impl CredentialAnswer {
    /// `secret` is the one that has just been set, where one has.
    pub(crate) fn new(view: CredentialView, secret: Option<&str>) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::as_unix_secs);
        let consumer = match view.consumer_id {
            Some(id) => OwnerAnswer { id: Some(id), username: None },
            None => OwnerAnswer { id: None, username: Some(view.consumer) },
        };
        Self {
            id: view.id,
            key: view.key,
            secret: secret.map(str::to_owned),
            secret_is_base64: view.secrets.first().is_some_and(|secret| secret.is_base64),
            algorithm: view.algorithm.name(),
            tags: view.tags,
            consumer,
            enabled: view.enabled,
            role: view.role,
            max_lifetime_seconds: view.max_lifetime_secs,
            not_before: time(view.not_before),
            secrets: view.secrets.into_iter().map(SecretAnswer::from).collect(),
            created_at: time(view.created_at),
            updated_at: time(view.updated_at),
        }
    }
}

impl From<SecretState> for SecretAnswer {
    fn from(state: SecretState) -> Self {
        Self { secret_is_base64: state.is_base64, not_after: state.not_after.map(Timestamp::as_unix_secs) }
    }
}
