//! The database: users, sessions, revocations on their way, the issuer's key.
//!
//! All SQL is in this folder. Each method is one transaction; whatever must be
//! true together is written together.

mod ending;
mod open;
mod outbox;
mod own_key;
mod sessions;
mod users;

pub(crate) use ending::Ending;
pub(crate) use open::DatabaseUrl;
pub(crate) use outbox::OutboxEntry;
pub(crate) use sessions::NewHash;
pub(crate) use users::Credentials;

use sqlx::{Sqlite, SqlitePool, Transaction};

/// The database of one issuer.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
}

/// The database could not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database could not be opened")]
    Open(#[source] sqlx::Error),
    #[error("the database file could not be made")]
    File(#[source] std::io::Error),
    #[error("the database could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("the database does not answer")]
    Unavailable(#[from] sqlx::Error),
    /// Somebody else wrote it, or another version of this program.
    #[error("the database holds a {0} that makes no sense")]
    Unreadable(&'static str),
}

impl Store {
    /// Asks the database for nothing, to see whether it answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction that writes. SQLite refuses at once, without
    /// waiting, a transaction that began by reading while another wrote.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}
