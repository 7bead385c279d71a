//! Setting a password with a token, without knowing the old one.
//!
//! The token stands for the password and for nothing else: a second factor is
//! asked for at the next login as before. Nothing is hashed for a token that is
//! not good, or anybody could keep the hasher busy.

use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    digest::SecretDigest,
    issuer::{Fault, Issuer},
    logout::{Delivery, taken_over_at},
    origin::Origin,
    password::{NewPassword, PasswordRefused},
    reset_token::ResetToken,
};

/// The answer to a token and a new password.
#[derive(Debug)]
pub(crate) enum PasswordReset {
    Done(Delivery),
    /// Unknown, used, replaced or expired, or its owner is disabled.
    Refused,
    /// The token is as good as before.
    Weak(PasswordRefused),
}

impl Issuer {
    /// Gives out a token for a user; `None` where there is no such user.
    pub(crate) async fn offer_password_reset(
        &self,
        user_id: &str,
        actor: Actor,
        origin: &Origin,
    ) -> Result<Option<ResetToken>, Fault> {
        let token = ResetToken::new()?;
        let event = AuditEvent::new(Action::PasswordResetOffered, actor, origin).about(user_id);
        if !self.store.add_password_reset(user_id, &token.digest(), &event, self.now()).await? {
            return Ok(None);
        }
        event.log(&self.metrics);
        Ok(Some(token))
    }

    pub(crate) async fn reset_password(
        &self,
        unverified_token: &str,
        new: Zeroizing<String>,
        origin: &Origin,
    ) -> Result<PasswordReset, Fault> {
        let token = SecretDigest::of(unverified_token);
        let Some(owner) = self.store.owner_of_reset(&token, self.now()).await? else {
            // To the log alone: anybody can send these, as many as they like.
            AuditEvent::new(Action::PasswordReset, Actor::Nobody, origin)
                .refused("not_valid")
                .log(&self.metrics);
            return Ok(PasswordReset::Refused);
        };
        let new = match NewPassword::parse(new, &owner) {
            Ok(new) => new,
            Err(refused) => return Ok(PasswordReset::Weak(refused)),
        };
        let owner = owner.id;
        let new = self.hasher.admit()?.hash(new).await?;
        let now = self.now();
        let event = AuditEvent::new(Action::PasswordReset, Actor::User(owner.clone()), origin).about(&owner);
        match self.store.reset_password(&owner, &token, &new, &event, now, taken_over_at(now)).await? {
            None => {
                event.refused("used_meanwhile").log(&self.metrics);
                Ok(PasswordReset::Refused)
            }
            Some(entries) => {
                event.log(&self.metrics);
                Ok(PasswordReset::Done(self.tell_registry(&entries).await))
            }
        }
    }
}
