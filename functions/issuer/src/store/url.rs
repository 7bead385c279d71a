//! Where the database is.

use std::{fmt, path::PathBuf, str::FromStr};

use sqlx::{any::AnyConnectOptions, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use zeroize::Zeroizing;

use super::dialect::Dialect;

/// The address of a database that this program can use. May hold a password,
/// and so does not print itself.
#[derive(Clone)]
pub(crate) struct DatabaseUrl {
    pub(super) dialect: Dialect,
    url: Zeroizing<String>,
    /// Of SQLite only.
    pub(super) file: Option<PathBuf>,
}

/// The address names no database that this program can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the address of a database, such as sqlite://issuer.db or postgres://user@host/issuer")]
pub(crate) struct WrongUrl;

impl DatabaseUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, WrongUrl> {
        let (dialect, file) = if url.starts_with("sqlite:") {
            (Dialect::Sqlite, Some(sqlite_file(url)?))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            PgConnectOptions::from_str(url).map_err(|_| WrongUrl)?;
            (Dialect::Postgres, None)
        } else {
            return Err(WrongUrl);
        };
        AnyConnectOptions::from_str(url).map_err(|_| WrongUrl)?;
        Ok(Self { dialect, url: Zeroizing::new(url.to_owned()), file })
    }

    /// The file of SQLite; `None` where the database is a server.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        self.file.as_deref()
    }

    pub(super) fn options(&self) -> Result<AnyConnectOptions, sqlx::Error> {
        AnyConnectOptions::from_str(&self.url)
    }
}

fn sqlite_file(url: &str) -> Result<PathBuf, WrongUrl> {
    // Each connection would have a memory of its own.
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(WrongUrl);
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|_| WrongUrl)?;
    let file = options.get_filename();
    if file.as_os_str().is_empty() { Err(WrongUrl) } else { Ok(file.to_owned()) }
}

impl Default for DatabaseUrl {
    /// `sqlite://issuer.db`.
    fn default() -> Self {
        let file = "issuer.db";
        let url = Zeroizing::new(format!("sqlite://{file}"));
        Self { dialect: Dialect::Sqlite, url, file: Some(file.into()) }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "DatabaseUrl({})", file.display()),
            None => f.write_str("DatabaseUrl(PostgreSQL, redacted)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file_or_a_server() {
        for good in [
            DatabaseUrl::default().url.as_str(),
            "sqlite:issuer.db",
            "sqlite:///var/lib/issuer.db",
            "postgres://localhost/issuer",
            "postgresql://issuer:secret@db.example.com:5432/issuer?sslmode=verify-full",
        ] {
            assert!(DatabaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "issuer.db",
            "",
            "mysql://localhost/issuer",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://x?mode=memory",
            "postgres://localhost:port/issuer",
        ] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_it_is_not_printed() {
        let url = DatabaseUrl::parse("postgres://issuer:hunter2@db/issuer").unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(PostgreSQL, redacted)");
    }
}
