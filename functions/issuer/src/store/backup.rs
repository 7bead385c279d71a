//! A copy of the database, taken while it is in use.
//!
//! SQLite writes the copy out of one transaction, so it holds everything that
//! was acknowledged before and nothing half. It is looked through before it
//! counts as one.

use std::{fs::File, io, path::Path};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{Store, dialect::Dialect, open::make_new_private_file};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("the database is PostgreSQL, which has its own tool for this: pg_dump")]
    Postgres,
    #[error("the name of the file is not UTF-8")]
    Name,
    #[error("there is a file of that name already")]
    Exists,
    #[error("the file could not be written")]
    File(#[from] io::Error),
    #[error("the database could not be copied")]
    Copy(#[source] sqlx::Error),
    #[error("the copy could not be read")]
    Unreadable(#[source] sqlx::Error),
    #[error("the copy is damaged: {0}")]
    Damaged(String),
}

impl Store {
    /// Writes a copy to `file`, which must not be there, for its owner alone.
    pub(crate) async fn back_up(&self, file: &Path) -> Result<(), BackupError> {
        if self.dialect == Dialect::Postgres {
            return Err(BackupError::Postgres);
        }
        let name = file.to_str().ok_or(BackupError::Name)?;
        make_new_private_file(file).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists,
            _ => BackupError::File(error),
        })?;
        let done = self.write_copy(name, file).await;
        if done.is_err() {
            // Half a copy is worse than none. Where it cannot be removed either,
            // the error says enough.
            drop(std::fs::remove_file(file));
        }
        done
    }

    async fn write_copy(&self, name: &str, file: &Path) -> Result<(), BackupError> {
        // SQLite takes an empty file for none.
        let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&self.pool).await;
        copied.map_err(BackupError::Copy)?;
        File::open(file)?.sync_all()?;
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        look_through(file).await
    }
}

async fn look_through(file: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut copy = options.connect().await.map_err(BackupError::Unreadable)?;
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(10)")
        .fetch_all(&mut copy)
        .await
        .map_err(BackupError::Unreadable)?;
    copy.close().await.map_err(BackupError::Unreadable)?;
    if found == ["ok"] { Ok(()) } else { Err(BackupError::Damaged(found.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_database_is_no_copy() {
        let random: [u8; 8] = crate::ids::random_bytes().unwrap();
        let name = format!("issuer_backup_{:016x}", u64::from_be_bytes(random));
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, "not a database at all, however long it is").unwrap();
        let looked = look_through(&file).await;
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(looked, Err(BackupError::Unreadable(_))), "{looked:?}");
    }
}
