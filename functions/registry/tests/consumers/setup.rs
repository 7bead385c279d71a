//! A table, a registry on it, and sample consumers.

use std::time::Duration;

use aws_config::{Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use dynoxide::{Database, actions::create_table::CreateTableRequest};
use registry::{
    Consumer, ConsumerError, Consumers, CredentialPath, CredentialView, NewConsumer, NewCredential, Refusal,
};
use serde_json::json;
use token::{Algorithm, CredentialSecret, DEFAULT_CONSUMER_LIFETIME_SECS, Role, Timestamp};
use zeroize::Zeroizing;

use crate::relay::Relay;

pub(crate) const TABLE: &str = "auth";
pub(crate) const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) struct Setup {
    pub(crate) aws: SdkConfig,
    pub(crate) consumers: Consumers,
    /// The same, past the relay.
    pub(crate) others: Consumers,
    /// Past the relay.
    pub(crate) client: Client,
    pub(crate) relay: Relay,
}

impl Setup {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let table = format!("http://{}", listener.local_addr().unwrap());
        let database = Database::memory().unwrap();
        database.create_table(auth_table()).unwrap();
        tokio::spawn(async move { dynoxide::server::serve_on(listener, database).await });
        let (relay, endpoint) = Relay::start(table.clone()).await;
        let aws = config(endpoint).await;
        let direct = config(table).await;
        let others = Consumers::new(&direct, TABLE.into());
        Self {
            consumers: Consumers::new(&aws, TABLE.into()),
            others,
            aws,
            client: Client::new(&direct),
            relay,
        }
    }

    /// Makes `shop` with a credential of this key.
    pub(crate) async fn shop(&self, key: &str) -> Consumer {
        let shop = self.consumers.create(consumer(1, "shop"), NOON).await.unwrap();
        self.consumers.create_credential("shop", &credential(1, key), NOON).await.unwrap();
        shop
    }

    pub(crate) async fn by_key(&self, key: &str) -> Result<CredentialView, ConsumerError> {
        self.consumers.credential(any(key)).await
    }

    /// The keys of all items that there are.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        let mut start = None;
        loop {
            let scan = self.client.scan().table_name(TABLE).set_exclusive_start_key(start);
            let answer = scan.send().await.unwrap();
            keys.extend(answer.items().iter().map(|item| item["pk"].as_s().unwrap().clone()));
            start = answer.last_evaluated_key;
            if start.is_none() {
                keys.sort();
                return keys;
            }
        }
    }

    pub(crate) async fn write_by_hand(&self, pk: &str, attributes: &[(&str, AttributeValue)]) {
        let put = self.client.put_item().table_name(TABLE).item("pk", text(pk));
        let put = attributes.iter().fold(put, |put, (name, value)| put.item(*name, value.clone()));
        put.send().await.unwrap();
    }

    pub(crate) async fn delete_by_hand(&self, pk: &str) {
        self.client.delete_item().table_name(TABLE).key("pk", text(pk)).send().await.unwrap();
    }
}

async fn config(endpoint: String) -> SdkConfig {
    // A machine that is busy with other tests is no table that fails.
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_mins(1)).build();
    let loader = keys::aws_loader().region(Region::new("us-east-1")).test_credentials();
    loader.timeout_config(timeouts).endpoint_url(endpoint).load().await
}

/// As the templates define it.
fn auth_table() -> CreateTableRequest {
    serde_json::from_value(json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "consumer", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by_consumer",
            "KeySchema": [{"AttributeName": "consumer", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    }))
    .unwrap()
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The id of the `number`th thing of a kind.
pub(crate) fn id(kind: char, number: usize) -> String {
    format!("018f4c1e-5a3b-7c2d-{}e8f-{number:012x}", if kind == 'c' { '8' } else { '9' })
}

pub(crate) fn consumer(number: usize, username: &str) -> NewConsumer {
    NewConsumer { id: id('c', number), username: username.into(), custom_id: None, tags: Vec::new() }
}

pub(crate) fn secret(value: &str) -> CredentialSecret {
    CredentialSecret { value: Zeroizing::new(value.into()), is_base64: false, not_after: None }
}

pub(crate) fn credential(number: usize, key: &str) -> NewCredential {
    NewCredential {
        id: id('k', number),
        key: key.into(),
        algorithm: Algorithm::HS256,
        secrets: vec![secret(SECRET)],
        role: Role::User,
        enabled: true,
        max_lifetime_secs: DEFAULT_CONSUMER_LIFETIME_SECS,
        not_before: None,
        tags: Vec::new(),
    }
}

pub(crate) fn any(id_or_key: &str) -> CredentialPath<'_> {
    CredentialPath { consumer: None, id_or_key }
}

pub(crate) fn of<'p>(consumer: &'p str, id_or_key: &'p str) -> CredentialPath<'p> {
    CredentialPath { consumer: Some(consumer), id_or_key }
}

/// Why it was refused.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, ConsumerError>) -> Refusal {
    match result {
        Err(ConsumerError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Why the question is open.
#[track_caller]
pub(crate) fn unavailable<T: std::fmt::Debug>(result: Result<T, ConsumerError>) -> String {
    match result {
        Err(ConsumerError::Unavailable(unavailable)) => unavailable.to_string(),
        other => panic!("{other:?}"),
    }
}
