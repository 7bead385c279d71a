//! Stand-ins for AWS services, as real HTTP endpoints on loopback.

mod dynamodb;
mod parameters;
mod refusal;
mod rotation;
mod secret;
mod secrets_manager;
mod secrets_store;
mod staging;

pub(crate) use dynamodb::DynamoDb;
pub(crate) use secrets_manager::SecretsManager;
pub use secrets_manager::secrets_manager;
