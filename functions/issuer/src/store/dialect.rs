//! Where the two databases need different words.

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Begins a transaction that writes. SQLite refuses at once, without
    /// waiting, a transaction that began by reading while another wrote.
    pub(super) const fn begin_writing(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// What a connection is told that is to change nothing.
    pub(super) const fn onlooker_settings(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA busy_timeout = 3000; PRAGMA trusted_schema = OFF",
            Self::Postgres => self.connection_settings(),
        }
    }

    /// Whether the migrations have a table already.
    pub(super) const fn has_migrations(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Self::Postgres => "SELECT COUNT(to_regclass('_sqlx_migrations')::text)",
        }
    }

    /// What a connection is told first.
    pub(super) const fn connection_settings(self) -> &'static str {
        match self {
            // FULL: a refresh or a logout that was answered must survive a power
            // cut. The time is how long a statement waits for the one writer
            // that SQLite allows; shorter than a request may take. Commits leave
            // the log alone until it is 64 MiB long: a server moves it beside them.
            Self::Sqlite => {
                "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA wal_autocheckpoint = 16384; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF"
            }
            // A request ends after five seconds; its statements must not go on
            // without it, nor hold locks that others wait for.
            Self::Postgres => {
                "SET statement_timeout = '4s'; SET lock_timeout = '3s'; \
                 SET idle_in_transaction_session_timeout = '10s'; SET default_transaction_isolation = 'read committed'"
            }
        }
    }
}
