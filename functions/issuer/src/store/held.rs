//! Holding a user's row while something depends on it.
//!
//! PostgreSQL shows each statement what was committed before that statement
//! began. So whatever is done for a user takes the user's row first, in a
//! statement of its own: the later ones see all that was done to the user
//! before, and whoever disables, demotes or deletes the user meanwhile waits.
//! SQLite has one writer at a time, and there is nothing to take.
//!
//! Rows are taken in one order everywhere, or two transactions would wait for
//! each other: users by id, then what belongs to them.

use super::{Credentials, Store, StoreError, Writing, dialect::Dialect, users::CredentialsRow};

/// For what a row is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// For what may go on beside others of its kind, such as a refresh.
    Shared,
    Alone,
}

const ON_SQLITE: &str = "SELECT id, username, name, email, role, created_at, disabled_at, password_hash \
     FROM users WHERE id = $1";
const SHARED_ON_POSTGRES: &str = "SELECT id, username, name, email, role, created_at, disabled_at, \
     password_hash FROM users WHERE id = $1 FOR SHARE";
const ALONE_ON_POSTGRES: &str = "SELECT id, username, name, email, role, created_at, disabled_at, \
     password_hash FROM users WHERE id = $1 FOR UPDATE";

impl Store {
    /// Takes a user's row and returns what is in it, until the transaction ends.
    pub(super) async fn hold_user(
        &self,
        transaction: &mut Writing,
        id: &str,
        hold: Hold,
    ) -> Result<Option<Credentials>, StoreError> {
        let query = match (self.dialect, hold) {
            (Dialect::Sqlite, _) => ON_SQLITE,
            (Dialect::Postgres, Hold::Shared) => SHARED_ON_POSTGRES,
            (Dialect::Postgres, Hold::Alone) => ALONE_ON_POSTGRES,
        };
        let row: Option<CredentialsRow> =
            sqlx::query_as(query).bind(id).fetch_optional(&mut **transaction).await?;
        row.map(CredentialsRow::read).transpose()
    }
}
