//! The database: users, sessions, what is kept beside them, and the issuer's keys.
//!
//! All SQL is in this folder, and one text of it serves SQLite and PostgreSQL;
//! where they differ, [`Dialect`] says how. Each method is one transaction:
//! whatever must be true together is written together, the audit included.

mod advances;
mod audit;
mod backup;
mod beginning;
mod checkpoint;
mod clients;
mod dialect;
mod ending;
mod examination;
mod factors;
mod first_administrator;
mod hash_kinds;
mod held;
mod import;
mod open;
mod outbox;
mod own_key;
mod password_resets;
mod passwords;
mod proofs;
mod revocations;
mod sessions;
mod throttle;
mod url;
mod user_changes;
mod user_details;
mod users;
mod writing;

pub(crate) use audit::AuditRow;
pub(crate) use beginning::{Beginning, CheckedLogin};
pub(crate) use ending::Ending;
pub(crate) use examination::Schema;
pub(crate) use first_administrator::FirstAdministrator;
pub(crate) use import::{ImportMode, Imported};
pub(crate) use outbox::{NewEntry, OutboxEntry};
pub(crate) use passwords::PasswordChange;
pub(crate) use proofs::Try;
pub(crate) use throttle::Charged;
pub(crate) use url::DatabaseUrl;
pub(crate) use user_changes::{Changed, LastAdministrator, When};
pub(crate) use user_details::UserDetails;
pub(crate) use users::{AddUserError, Credentials};

use sqlx::AnyPool;

use self::{
    advances::Advances,
    dialect::Dialect,
    writing::{Turns, Writing},
};

/// The database of one issuer, or of several where it is PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: AnyPool,
    dialect: Dialect,
    turns: Turns,
    /// `None` where each session moves on by itself.
    advances: Option<Advances>,
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

    /// How many connections are in use, and how many are at hand.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let idle = self.pool.num_idle();
        let open = usize::try_from(self.pool.size()).unwrap_or(usize::MAX);
        (open.saturating_sub(idle), idle)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
