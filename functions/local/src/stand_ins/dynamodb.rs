//! DynamoDB: `dynoxide` over one SQLite file in the data folder.

use std::path::Path;

use anyhow::Context;
use dynoxide::{
    Database,
    actions::{create_table::CreateTableRequest, update_time_to_live::UpdateTimeToLiveRequest},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) struct DynamoDb(Database);

impl DynamoDb {
    pub(crate) fn open(file: &Path) -> anyhow::Result<Self> {
        let path = file.to_str().context("the data folder's name is not UTF-8")?;
        let database = Database::new(path).with_context(|| format!("cannot open {path}"))?;
        Ok(Self(database))
    }

    /// Creates the table that authorizer and issuer share, unless it is there.
    pub(crate) fn create_auth_table(&self, name: &str) -> anyhow::Result<()> {
        self.create_table(
            name,
            json!({
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
            }),
        )
    }

    /// Creates the table of the conversations, unless it is there.
    pub(crate) fn create_chat_table(&self, name: &str) -> anyhow::Result<()> {
        self.create_table(
            name,
            json!({
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            }),
        )
    }

    pub(crate) async fn serve(self, listener: TcpListener) {
        dynoxide::server::serve_on(listener, self.0).await;
    }

    fn create_table(&self, name: &str, mut description: Value) -> anyhow::Result<()> {
        let tables = self.0.list_tables(serde_json::from_value(json!({}))?)?;
        if tables.table_names.iter().any(|table| table == name) {
            return Ok(());
        }
        if let Some(members) = description.as_object_mut() {
            members.insert("TableName".to_owned(), name.into());
            members.insert("BillingMode".to_owned(), "PAY_PER_REQUEST".into());
        }
        let request: CreateTableRequest = serde_json::from_value(description)?;
        self.0.create_table(request)?;
        let request: UpdateTimeToLiveRequest = serde_json::from_value(json!({
            "TableName": name,
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true},
        }))?;
        self.0.update_time_to_live(request)?;
        Ok(())
    }
}
