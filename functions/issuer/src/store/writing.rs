//! Writing, one after the other where the database allows one writer.
//!
//! SQLite lets the second writer ask again and again with growing pauses, and
//! whoever comes at the right moment gets ahead: under load the unlucky wait for
//! a second. So those of this process line up before they ask.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{Any, AnyConnection, Transaction, any::AnyArguments, query::Query};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Store, StoreError, dialect::Dialect};

/// Who writes next; `None` where the database takes many writers at once.
#[derive(Debug, Clone)]
pub(super) struct Turns(Option<Arc<Semaphore>>);

/// A transaction that writes.
#[derive(Debug)]
pub(super) struct Writing {
    transaction: Transaction<'static, Any>,
    /// Given back after the connection.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self((dialect == Dialect::Sqlite).then(|| Arc::new(Semaphore::new(1))))
    }

    /// Waits in the order of asking.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes it.
        Arc::clone(self.0.as_ref()?).acquire_owned().await.ok()
    }
}

impl Store {
    pub(super) async fn begin(&self) -> Result<Writing, StoreError> {
        // Before the connection: those who wait must leave some for the readers.
        let turn = self.turns.take().await;
        let transaction = self.pool.begin_with(self.dialect.begin_writing()).await?;
        Ok(Writing { transaction, _turn: turn })
    }

    /// Runs one statement that writes, and returns how many rows it changed.
    pub(super) async fn write(&self, query: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        let _turn = self.turns.take().await;
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

impl Writing {
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }

    pub(super) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.transaction.rollback().await
    }
}

impl Deref for Writing {
    type Target = AnyConnection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
