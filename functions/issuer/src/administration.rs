//! What administrators do with the accounts of others.
//!
//! They begin, change and end accounts, and never choose or learn a password:
//! a user who has none, or lost it, sets one with a token.

use crate::{
    audit::{Action, Actor, AuditEvent},
    issuer::{Fault, Issuer},
    logout::{Delivery, taken_over_at},
    origin::Origin,
    password_hash::StoredHash,
    reset_token::ResetToken,
    session::EndReason,
    store::{AddUserError, Changed, Ending, LastAdministrator, When},
    user::{User, UserChange, Username},
};

/// Who does something, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) origin: &'a Origin,
}

/// The answer to a new account.
#[derive(Debug)]
pub(crate) enum NewAccount {
    /// With the token to set a password with.
    Added(ResetToken),
    UsernameTaken,
    IdTaken,
}

/// The answer to a change of somebody's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountChange {
    Done(Delivery),
    NoSuchUser,
    UsernameTaken,
    LastAdministrator,
}

impl By<'_> {
    fn event(self, action: Action, user_id: &str) -> AuditEvent {
        AuditEvent::new(action, self.actor.clone(), self.origin).about(user_id)
    }
}

impl Issuer {
    /// Adds a user, who has no password.
    pub(crate) async fn add_user(
        &self,
        user: &User,
        username: &Username,
        by: By<'_>,
    ) -> Result<NewAccount, Fault> {
        let token = ResetToken::new()?;
        let event = by.event(Action::UserCreated, &user.id);
        let hash = StoredHash::of_nobody();
        match self.store.add_user_with_reset(user, username, &hash, &token.digest(), &event).await {
            Ok(()) => {
                event.log(&self.metrics);
                Ok(NewAccount::Added(token))
            }
            Err(AddUserError::UsernameTaken) => Ok(NewAccount::UsernameTaken),
            Err(AddUserError::IdTaken) => Ok(NewAccount::IdTaken),
            Err(AddUserError::Store(error)) => Err(error.into()),
        }
    }

    pub(crate) async fn change_user(
        &self,
        id: &str,
        change: &UserChange,
        by: By<'_>,
    ) -> Result<AccountChange, Fault> {
        let event = by.event(Action::ProfileChanged, id);
        let changed =
            self.store.change_user(id, change, LastAdministrator::Stays, &event, self.when()).await?;
        Ok(self.delivered(changed).await)
    }

    pub(crate) async fn delete_user(&self, id: &str, by: By<'_>) -> Result<AccountChange, Fault> {
        let event = by.event(Action::UserDeleted, id);
        let changed = self.store.delete_user(id, LastAdministrator::Stays, event, self.when()).await?;
        Ok(self.delivered(changed).await)
    }

    /// Ends all sessions of a user; `None` where there is no such user.
    pub(crate) async fn end_sessions_of(&self, id: &str, by: By<'_>) -> Result<Option<Delivery>, Fault> {
        if self.store.user(id).await?.is_none() {
            return Ok(None);
        }
        let ending = Ending::all(id, EndReason::Administrator);
        self.end_sessions(ending, by.event(Action::SessionsEnded, id)).await.map(Some)
    }

    /// Ends one session of a user; `None` where the user has no such session.
    pub(crate) async fn end_session_of(
        &self,
        id: &str,
        sid: &str,
        by: By<'_>,
    ) -> Result<Option<Delivery>, Fault> {
        let ending = Ending::one(id, sid, EndReason::Administrator);
        self.end_sessions_if_any(ending, by.event(Action::SessionEnded, id).of_session(sid)).await
    }

    /// Removes a user's second factor; `false` where there is none.
    pub(crate) async fn reset_factor(&self, id: &str, by: By<'_>) -> Result<bool, Fault> {
        let event = by.event(Action::FactorRemoved, id);
        let removed = self.store.reset_factor(id, &event, self.now()).await?;
        if removed {
            event.log(&self.metrics);
        }
        Ok(removed)
    }

    fn when(&self) -> When {
        let now = self.now();
        When { now, first_attempt_at: taken_over_at(now) }
    }

    async fn delivered(&self, changed: Changed) -> AccountChange {
        match changed {
            Changed::Done { events, entries } => {
                for event in &events {
                    event.log(&self.metrics);
                }
                AccountChange::Done(self.tell_registry(&entries).await)
            }
            Changed::NoSuchUser => AccountChange::NoSuchUser,
            Changed::UsernameTaken => AccountChange::UsernameTaken,
            Changed::LastAdministrator => AccountChange::LastAdministrator,
        }
    }
}
