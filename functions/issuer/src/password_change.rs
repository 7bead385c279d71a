//! A user changes the own password.
//!
//! Whoever holds the session only cannot: the old password is asked for. Every
//! other session ends, since whoever knew the old password may have begun it.

use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    bearer::Account,
    issuer::{Fault, Issuer},
    logout::{Delivery, taken_over_at},
    origin::Origin,
    password::NewPassword,
    reauthentication::Reauthentication,
    store::PasswordChange,
    throttle::Wait,
};

/// The answer to a new password.
#[derive(Debug)]
pub(crate) enum NewPasswordAnswer {
    Changed(Delivery),
    /// The old one is wrong, or was changed meanwhile.
    WrongPassword,
    /// Not looked at: too many were wrong before.
    TooMany(Wait),
    /// The new one is the old one.
    SamePassword,
}

impl Issuer {
    pub(crate) async fn change_password(
        &self,
        account: &Account,
        current: Zeroizing<String>,
        new: NewPassword,
        origin: &Origin,
    ) -> Result<NewPasswordAnswer, Fault> {
        let user = &account.user;
        let same = new.is(&current);
        let checked = self.check_password_again(user, current, Action::PasswordChanged, origin).await?;
        let seen = match checked {
            Reauthentication::Right(seen) => seen,
            Reauthentication::Wrong => return Ok(NewPasswordAnswer::WrongPassword),
            Reauthentication::TooMany(wait) => return Ok(NewPasswordAnswer::TooMany(wait)),
        };
        if same {
            return Ok(NewPasswordAnswer::SamePassword);
        }
        let new = self.hasher.admit()?.hash(new).await?;
        let now = self.now();
        let change = PasswordChange { user_id: &user.id, sid: &account.session.sid, seen: &seen, new: &new };
        let event = AuditEvent::new(Action::PasswordChanged, Actor::User(user.id.clone()), origin)
            .about(&user.id)
            .of_session(&account.session.sid);
        match self.store.change_password(change, &event, now, taken_over_at(now)).await? {
            None => Ok(NewPasswordAnswer::WrongPassword),
            Some(entries) => {
                event.log(&self.metrics);
                Ok(NewPasswordAnswer::Changed(self.tell_registry(&entries).await))
            }
        }
    }
}
