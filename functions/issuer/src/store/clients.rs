//! Clients in the database.

use sqlx::FromRow;
use token::Timestamp;

use super::{Store, StoreError, audit::add_event};
use crate::{audit::AuditEvent, client::Client, digest::SecretDigest};

#[derive(FromRow)]
struct ClientRow {
    id: String,
    name: String,
    created_at: i64,
}

impl From<ClientRow> for Client {
    fn from(row: ClientRow) -> Self {
        let ClientRow { id, name, created_at } = row;
        Self { id, name, created_at: Timestamp::from_unix_secs(created_at) }
    }
}

impl Store {
    pub(crate) async fn add_client(
        &self,
        client: &Client,
        secret: &SecretDigest,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO clients (id, name, secret_hash, created_at) VALUES ($1, $2, $3, $4)")
            .bind(&client.id)
            .bind(&client.name)
            .bind(secret.as_str())
            .bind(client.created_at.as_unix_secs())
            .execute(&mut *transaction)
            .await?;
        add_event(&mut transaction, event, client.created_at).await?;
        Ok(transaction.commit().await?)
    }

    /// Returns a client and the digest of its secret.
    pub(crate) async fn client(&self, id: &str) -> Result<Option<(Client, SecretDigest)>, StoreError> {
        let row: Option<(String, String, i64, String)> =
            sqlx::query_as("SELECT id, name, created_at, secret_hash FROM clients WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(id, name, created_at, secret_hash)| {
            (ClientRow { id, name, created_at }.into(), SecretDigest::from_database(secret_hash))
        }))
    }

    /// Returns all clients, the oldest first.
    pub(crate) async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let rows: Vec<ClientRow> = sqlx::query_as("SELECT id, name, created_at FROM clients ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Client::from).collect())
    }

    /// Removes a client. Returns whether there was one.
    pub(crate) async fn remove_client(
        &self,
        id: &str,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let deleted = sqlx::query("DELETE FROM clients WHERE id = $1").bind(id).execute(&mut *transaction);
        if deleted.await?.rows_affected() == 0 {
            return Ok(false);
        }
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
