//! Questions about the database itself, for whoever looks after it. None of
//! them changes anything.

use std::collections::HashMap;

use token::Timestamp;

use super::{Store, StoreError, dialect::Dialect, open::migrations_of};

/// How the tables stand to what this program expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    Current,
    /// So many migrations have not run yet.
    Behind(usize),
    /// A later version of this program, or a changed one, was here.
    Foreign,
}

impl Store {
    pub(crate) async fn schema(&self) -> Result<Schema, StoreError> {
        let tables: i64 = sqlx::query_scalar(self.dialect.has_migrations()).fetch_one(&self.pool).await?;
        let expected: Vec<_> = migrations_of(self.dialect).iter().collect();
        if tables == 0 {
            return Ok(Schema::Behind(expected.len()));
        }
        let done: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations").fetch_all(&self.pool).await?;
        let done: HashMap<_, _> = done.into_iter().collect();
        let known = expected.iter().filter(|migration| {
            done.get(&migration.version).is_some_and(|checksum| checksum[..] == migration.checksum[..])
        });
        let (known, missing) = (known.count(), expected.len().saturating_sub(done.len()));
        Ok(match missing {
            _ if known < done.len() => Schema::Foreign,
            0 => Schema::Current,
            missing => Schema::Behind(missing),
        })
    }

    /// Begins to write, and thinks better of it.
    pub(crate) async fn try_to_write(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE users SET username = username WHERE id = ''").execute(&mut *transaction).await?;
        Ok(transaction.rollback().await?)
    }

    /// What time it is for the database; `None` where its clock is this
    /// machine's.
    pub(crate) async fn server_time(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.dialect == Dialect::Sqlite {
            return Ok(None);
        }
        let secs: i64 = sqlx::query_scalar("SELECT FLOOR(EXTRACT(EPOCH FROM clock_timestamp()))::BIGINT")
            .fetch_one(&self.pool)
            .await?;
        Ok(Some(Timestamp::from_unix_secs(secs)))
    }

    /// How many administrators may log in.
    pub(crate) async fn administrators(&self) -> Result<u64, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL")
                .fetch_one(&self.pool)
                .await?;
        u64::try_from(count).map_err(|_| StoreError::Unreadable("count"))
    }
}
