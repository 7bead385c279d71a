//! Changing and deleting users.
//!
//! Whatever ends with a change ends in its transaction: sessions with a user who
//! is disabled or deleted, access tokens with a role. Where the last enabled
//! administrator must stay, all of them are held while that is looked at.

use registry::Revocation;
use token::Timestamp;

use super::{
    Ending, OutboxEntry, Store, StoreError, Writing,
    audit::add_event,
    dialect::Dialect,
    held::Hold,
    outbox::{NewEntry, add_entry},
};
use crate::{
    audit::{Action, AuditEvent},
    session::{EndReason, access_over_at},
    user::{User, UserChange},
};

/// What becomes of the last enabled administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastAdministrator {
    /// Over HTTP, where nobody would be left to undo it.
    Stays,
    /// At the command line, where another can be made.
    MayGo,
}

/// When something changes, and when what the registry must be told is due for
/// whoever delivers what is left lying.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) now: Timestamp,
    pub(crate) first_attempt_at: Timestamp,
}

/// What became of a change.
#[derive(Debug)]
pub(crate) enum Changed {
    Done {
        /// What has changed: nothing, where all was so already.
        events: Vec<AuditEvent>,
        entries: Vec<OutboxEntry>,
    },
    NoSuchUser,
    UsernameTaken,
    LastAdministrator,
}

const ADMINISTRATORS_ON_SQLITE: &str = "SELECT id FROM users \
     WHERE role = 'ADMIN' AND disabled_at IS NULL ORDER BY id";
const ADMINISTRATORS_ON_POSTGRES: &str = "SELECT id FROM users \
     WHERE role = 'ADMIN' AND disabled_at IS NULL ORDER BY id FOR UPDATE";

impl Store {
    /// Changes a user. `event` is what the event of each change begins as.
    pub(crate) async fn change_user(
        &self,
        id: &str,
        change: &UserChange,
        last: LastAdministrator,
        event: &AuditEvent,
        when: When,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let is_last = match last {
            LastAdministrator::Stays if change.may_end_an_administrator() => {
                !self.hold_administrators_besides(&mut transaction, id).await?
            }
            LastAdministrator::Stays | LastAdministrator::MayGo => false,
        };
        let Some(held) = self.hold_user(&mut transaction, id, Hold::Alone).await? else {
            return Ok(Changed::NoSuchUser);
        };
        let (before, after) = (&held.user, change.applied_to(&held.user, when.now));
        if is_last && before.is_administrator() && !after.is_administrator() {
            return Ok(Changed::LastAdministrator);
        }
        if !write(&mut transaction, &after, change).await? {
            return Ok(Changed::UsernameTaken);
        }
        let mut entries = Vec::new();
        if before.is_enabled() && !after.is_enabled() {
            let all = Ending::all(id, EndReason::UserDisabled);
            entries.extend(all.carry_out(&mut transaction, when.now, when.first_attempt_at).await?.entries);
        }
        if before.role != after.role {
            entries.push(revoke_access(&mut transaction, id, when).await?);
        }
        let events = events_of(before, &after, event);
        for event in &events {
            add_event(&mut transaction, event, when.now).await?;
        }
        transaction.commit().await?;
        Ok(Changed::Done { events, entries })
    }

    /// Deletes a user, whose sessions end first.
    pub(crate) async fn delete_user(
        &self,
        id: &str,
        last: LastAdministrator,
        event: AuditEvent,
        when: When,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let is_last = match last {
            LastAdministrator::Stays => !self.hold_administrators_besides(&mut transaction, id).await?,
            LastAdministrator::MayGo => false,
        };
        let Some(held) = self.hold_user(&mut transaction, id, Hold::Alone).await? else {
            return Ok(Changed::NoSuchUser);
        };
        if is_last && held.user.is_administrator() {
            return Ok(Changed::LastAdministrator);
        }
        let all = Ending::all(id, EndReason::UserDeleted);
        let ended = all.carry_out(&mut transaction, when.now, when.first_attempt_at).await?;
        sqlx::query("DELETE FROM users WHERE id = $1").bind(id).execute(&mut *transaction).await?;
        add_event(&mut transaction, &event, when.now).await?;
        transaction.commit().await?;
        Ok(Changed::Done { events: vec![event], entries: ended.entries })
    }

    /// Takes the rows of all enabled administrators, and returns whether there is
    /// one besides `id`. Two who would end each other wait here for each other:
    /// the second sees what the first has done.
    async fn hold_administrators_besides(
        &self,
        transaction: &mut Writing,
        id: &str,
    ) -> Result<bool, StoreError> {
        let administrators: Vec<String> = sqlx::query_scalar(match self.dialect {
            Dialect::Sqlite => ADMINISTRATORS_ON_SQLITE,
            Dialect::Postgres => ADMINISTRATORS_ON_POSTGRES,
        })
        .fetch_all(&mut **transaction)
        .await?;
        Ok(administrators.iter().any(|administrator| administrator != id))
    }
}

/// Returns whether the username was free.
async fn write(transaction: &mut Writing, user: &User, change: &UserChange) -> Result<bool, StoreError> {
    let updated = sqlx::query(
        "UPDATE users SET username = $1, username_key = COALESCE($2, username_key), name = $3, \
         email = $4, role = $5, disabled_at = $6 WHERE id = $7",
    )
    .bind(&user.username)
    .bind(change.username.as_ref().map(|username| username.key().to_owned()))
    .bind(user.name.as_deref())
    .bind(user.email.as_deref())
    .bind(user.role.name())
    .bind(user.disabled_at.map(Timestamp::as_unix_secs))
    .bind(&user.id)
    .execute(&mut **transaction)
    .await;
    match updated {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Revokes the access tokens that a user has, and leaves the sessions to refresh
/// theirs.
async fn revoke_access(
    transaction: &mut Writing,
    user_id: &str,
    when: When,
) -> Result<OutboxEntry, StoreError> {
    let latest: Option<i64> =
        sqlx::query_scalar("SELECT MAX(generation_began_at) FROM sessions WHERE user_id = $1")
            .bind(user_id)
            .fetch_one(&mut **transaction)
            .await?;
    // What was issued at `not_before` itself is good. So it is the second after
    // the last token, by the clock of whichever issuer gave that out; a token of
    // that second that says the new role is refused with the others, and the
    // refresh after it gives a good one.
    let latest = latest.map_or(when.now, |at| Timestamp::from_unix_secs(at).max(when.now));
    let not_before = latest.plus(1);
    let entry = NewEntry {
        revocation: Revocation::Subject { sub: user_id.to_owned(), not_before },
        expires_at: access_over_at(not_before),
        first_attempt_at: when.first_attempt_at,
    };
    add_entry(transaction, &entry).await
}

/// One event for each kind of change.
fn events_of(before: &User, after: &User, event: &AuditEvent) -> Vec<AuditEvent> {
    let of = |action| AuditEvent { action, ..event.clone() };
    let mut events = Vec::new();
    if before.username != after.username {
        events.push(of(Action::UserRenamed));
    }
    if (&before.name, &before.email) != (&after.name, &after.email) {
        events.push(of(Action::ProfileChanged));
    }
    if before.role != after.role {
        events.push(of(Action::RoleChanged).because(after.role.name()));
    }
    match (before.is_enabled(), after.is_enabled()) {
        (true, false) => events.push(of(Action::UserDisabled)),
        (false, true) => events.push(of(Action::UserEnabled)),
        (true, true) | (false, false) => {}
    }
    events
}
