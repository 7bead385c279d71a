//! Moving what was committed from SQLite's log into its database.
//!
//! Left alone, SQLite does it in the commit that makes the log a thousand pages
//! long, and everybody who writes waits behind that one. Done beside them,
//! nobody waits: the log goes on growing meanwhile.

use super::{Store, StoreError, dialect::Dialect};

/// A log of so many pages (16 MiB) is to begin anew.
const LONG: i64 = 4096;

impl Store {
    /// Moves what it can without keeping anybody waiting for long.
    pub(crate) async fn checkpoint(&self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Sqlite && self.move_log().await? > LONG {
            // Only a log of which everything was moved begins anew, and while
            // others write there is always a little left.
            let _turn = self.turns.take().await;
            self.move_log().await?;
        }
        Ok(())
    }

    /// Returns how many pages the log has.
    async fn move_log(&self) -> Result<i64, StoreError> {
        let (_busy, pages, _moved): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&self.pool).await?;
        Ok(pages)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sqlx::any::AnyPoolOptions;

    use super::*;
    use crate::store::writing::Turns;

    /// Opens a database of its own with a table to fill.
    async fn store(folder: &Path) -> Store {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", folder.join("log.db").display());
        let pool = AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        let store =
            Store { pool, dialect: Dialect::Sqlite, turns: Turns::new(Dialect::Sqlite), advances: None };
        let settings = format!("{}; CREATE TABLE filled (bytes BLOB)", Dialect::Sqlite.connection_settings());
        sqlx::raw_sql(sqlx::AssertSqlSafe(settings)).execute(&store.pool).await.unwrap();
        store
    }

    async fn log_after_writing(store: &Store, mebibytes: i64) -> i64 {
        for _ in 0..mebibytes {
            let statement = sqlx::query("INSERT INTO filled VALUES (zeroblob(1048576))");
            assert_eq!(store.write(statement).await.unwrap(), 1);
        }
        store.move_log().await.unwrap()
    }

    #[tokio::test]
    async fn a_log_that_was_moved_begins_anew_and_does_not_grow_for_ever() {
        let folder = std::env::temp_dir().join(format!("latchkey-checkpoint-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = store(&folder).await;
        let long = log_after_writing(&store, 20).await;
        assert!(long > LONG, "{long} pages");
        store.checkpoint().await.unwrap();
        let short = log_after_writing(&store, 1).await;
        assert!(short < LONG / 8, "{short} pages");
        store.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}
