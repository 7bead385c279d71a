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
pub(super) struct Turns(Option<Line>);

#[derive(Debug, Clone)]
struct Line {
    front: Arc<Semaphore>,
    /// Whoever waits here is not in the line yet.
    behind: Arc<Semaphore>,
}

/// Held while somebody writes.
#[derive(Debug)]
pub(super) struct Turn {
    _front: OwnedSemaphorePermit,
    _behind: Option<OwnedSemaphorePermit>,
}

/// A transaction that writes.
#[derive(Debug)]
pub(super) struct Writing {
    transaction: Transaction<'static, Any>,
    /// Given back after the connection.
    _turn: Option<Turn>,
}

impl Turns {
    pub(super) fn new(dialect: Dialect) -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Self((dialect == Dialect::Sqlite).then(|| Line { front: one(), behind: one() }))
    }

    /// Waits in the order of asking.
    pub(super) async fn take(&self) -> Option<Turn> {
        let line = self.0.as_ref()?;
        Some(Turn { _front: next(&line.front).await?, _behind: None })
    }

    /// Waits likewise, and lets no more than one of those who ask so into the line.
    async fn take_behind(&self) -> Option<Turn> {
        let line = self.0.as_ref()?;
        let behind = next(&line.behind).await;
        Some(Turn { _front: next(&line.front).await?, _behind: behind })
    }
}

async fn next(semaphore: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    // Nobody closes it.
    Arc::clone(semaphore).acquire_owned().await.ok()
}

impl Store {
    pub(super) async fn begin(&self) -> Result<Writing, StoreError> {
        self.begin_in(self.turns.take().await).await
    }

    /// Begins what comes in bursts and has time: of all that wait for it, the
    /// others wait for one at most.
    pub(super) async fn begin_behind(&self) -> Result<Writing, StoreError> {
        self.begin_in(self.turns.take_behind().await).await
    }

    /// The turn comes before the connection: those who wait must leave some for the
    /// readers.
    async fn begin_in(&self, turn: Option<Turn>) -> Result<Writing, StoreError> {
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
