//! Opening the database and bringing it up to date.

use std::{path::Path, time::Duration};

use sqlx::{Connection, Executor, any::AnyPoolOptions, any::install_default_drivers, migrate::Migrator};

use super::{DatabaseUrl, Store, StoreError, dialect::Dialect, writing::Turns};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a request waits for a connection. Shorter than it may take itself.
const WAIT: Duration = Duration::from_secs(3);

/// Readers of SQLite do not wait for each other; more of them than this gain
/// nothing. Of PostgreSQL this many are ours, of the hundred that it allows.
const MAX_CONNECTIONS: u32 = 8;

impl Store {
    /// Opens the database, makes it where there is none (a file; a server must
    /// have it already), and runs the migrations that it lacks.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        install_default_drivers();
        if let Some(file) = &url.file {
            make_private_file(file).map_err(StoreError::File)?;
        }
        migrate(url).await?;
        Self::connect(url, url.dialect.connection_settings()).await
    }

    /// Opens a database as it is, to look at it: makes none and migrates none.
    pub(crate) async fn look_at(url: &DatabaseUrl) -> Result<Self, StoreError> {
        install_default_drivers();
        Self::connect(url, url.dialect.onlooker_settings()).await
    }

    async fn connect(url: &DatabaseUrl, settings: &'static str) -> Result<Self, StoreError> {
        let dialect = url.dialect;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(WAIT)
            // A server may have gone away and come back since.
            .test_before_acquire(dialect == Dialect::Postgres)
            // A commit that fails, for a full disk, has been rolled back already; the
            // driver counts on, and nothing could be begun on this connection again.
            .before_acquire(move |connection, _| {
                let is_clean = dialect != Dialect::Sqlite || !connection.is_in_transaction();
                Box::pin(async move { Ok(is_clean) })
            })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    connection.execute(settings).await?;
                    Ok(())
                })
            })
            .connect_with(url.options().map_err(StoreError::Open)?)
            .await
            .map_err(StoreError::Open)?;
        let store = Self { pool, dialect, turns: Turns::new(dialect), advances: None };
        Ok(match dialect {
            Dialect::Sqlite => store.advancing_together(),
            Dialect::Postgres => store,
        })
    }
}

pub(super) fn migrations_of(dialect: Dialect) -> &'static Migrator {
    match dialect {
        Dialect::Sqlite => &SQLITE_MIGRATIONS,
        Dialect::Postgres => &POSTGRES_MIGRATIONS,
    }
}

/// On a connection of its own: a migration may take longer than a request.
async fn migrate(url: &DatabaseUrl) -> Result<(), StoreError> {
    let options = url.options().map_err(StoreError::Open)?;
    let mut connection = sqlx::AnyConnection::connect_with(&options).await.map_err(StoreError::Open)?;
    if url.dialect == Dialect::Sqlite {
        connection.execute(url.dialect.connection_settings()).await.map_err(StoreError::Open)?;
    }
    let migrations = migrations_of(url.dialect);
    // Nothing keeps two processes from migrating one file at once. The second
    // look finds what the other one did.
    if migrations.run(&mut connection).await.is_err() {
        migrations.run(&mut connection).await?;
    }
    connection.close().await.map_err(StoreError::Open)
}

/// Makes the file before SQLite does, readable for its owner alone. SQLite gives
/// the files beside it the same mode.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    match make_new_private_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes an empty file that was not there, readable for its owner alone.
pub(super) fn make_new_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
