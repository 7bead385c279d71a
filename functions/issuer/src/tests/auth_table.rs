//! The table of the registry, as DynamoDB keeps it.

use std::net::TcpListener;

use aws_config::{Region, SdkConfig};
use dynoxide::{Database, actions::create_table::CreateTableRequest};
use serde_json::json;
use tokio::runtime::Runtime;

/// A table on an endpoint of its own. It goes with this.
pub(super) struct AuthTable {
    pub(super) aws: SdkConfig,
    /// Serves it beside commands, which bring a runtime of their own.
    runtime: Runtime,
}

impl AuthTable {
    pub(super) const NAME: &str = "auth";

    pub(super) fn start() -> Self {
        let database = Database::memory().unwrap();
        database.create_table(definition()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (aws, listener) = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            (config(listener.local_addr().unwrap().port()).await, listener)
        });
        runtime.spawn(async move { dynoxide::server::serve_on(listener, database).await });
        Self { aws, runtime }
    }

    /// AWS where nobody listens.
    pub(super) fn aws_of_nothing(&self) -> SdkConfig {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        self.runtime.block_on(config(port))
    }

    pub(super) fn run<R>(&self, work: impl AsyncFnOnce(&SdkConfig) -> R) -> R {
        self.runtime.block_on(work(&self.aws))
    }
}

async fn config(port: u16) -> SdkConfig {
    let loader = keys::aws_loader().region(Region::new("us-east-1")).test_credentials();
    loader.endpoint_url(format!("http://127.0.0.1:{port}")).load().await
}

/// As the templates define it.
fn definition() -> CreateTableRequest {
    serde_json::from_value(json!({
        "TableName": AuthTable::NAME,
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
