//! Opening the database and bringing it up to date.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a statement waits for the one writer that SQLite allows, and a
/// request for a connection. Shorter than a request may take.
const WAIT: Duration = Duration::from_secs(3);

/// Readers do not wait for each other; more of them than this gain nothing.
const MAX_CONNECTIONS: u32 = 8;

/// Where the database is.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseUrl(SqliteConnectOptions);

/// The address names no database that this program can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the address of a file, such as sqlite://issuer.db")]
pub(crate) struct WrongUrl;

impl DatabaseUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, WrongUrl> {
        // Each connection would have a memory of its own.
        if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
            return Err(WrongUrl);
        }
        let options = SqliteConnectOptions::from_str(url).map_err(|_| WrongUrl)?;
        if options.get_filename().as_os_str().is_empty() {
            return Err(WrongUrl);
        }
        Ok(Self(options))
    }
}

impl Default for DatabaseUrl {
    /// `sqlite://issuer.db`.
    fn default() -> Self {
        Self(SqliteConnectOptions::new().filename("issuer.db"))
    }
}

impl Store {
    /// Opens the database, makes it where there is none, and runs the
    /// migrations that it lacks.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        make_private_file(url.0.get_filename()).map_err(StoreError::File)?;
        let options = url
            .0
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            // A refresh or a logout that was answered must survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT)
            .pragma("trusted_schema", "OFF");
        let pool = SqlitePoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(WAIT)
            .connect_with(options)
            .await
            .map_err(StoreError::Open)?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { pool })
    }
}

/// Makes the file before SQLite does, readable for its owner alone. SQLite gives
/// the files beside it the same mode.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_is_a_database() {
        for good in ["sqlite://issuer.db", "sqlite:issuer.db", "sqlite:///var/lib/issuer.db"] {
            assert!(DatabaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "issuer.db",
            "",
            "postgres://localhost/issuer",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://x?mode=memory",
        ] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
