//! Asking for the password again, before something that a stolen access token
//! must not be enough for.

use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    hasher::Checked,
    issuer::{Fault, Issuer},
    origin::Origin,
    password_hash::StoredHash,
    throttle::{Charging, Wait},
    user::User,
};

/// What the password turned out to be.
#[derive(Debug)]
pub(crate) enum Reauthentication {
    /// With the hash that it fits.
    Right(StoredHash),
    Wrong,
    /// Not looked at: too many were wrong before.
    TooMany(Wait),
}

impl Issuer {
    /// Checks the password of a user who is logged in, for `action`.
    pub(crate) async fn check_password_again(
        &self,
        user: &User,
        password: Zeroizing<String>,
        action: Action,
        origin: &Origin,
    ) -> Result<Reauthentication, Fault> {
        let place = self.hasher.admit()?;
        let stored = self.store.password_hash(&user.id).await?;
        let charge = match self.charge_again(user, origin).await? {
            Charging::Paid(charge) => charge,
            Charging::TooMany(wait) => return Ok(Reauthentication::TooMany(wait)),
        };
        // A user who has just been deleted has no password, and none is right.
        let checked = place.check(password, stored.clone(), false).await;
        if !matches!(checked, Ok(Checked::Wrong)) {
            self.refund(&charge).await;
        }
        if let (Some(hash), Checked::Right { .. }) = (stored, checked?) {
            return Ok(Reauthentication::Right(hash));
        }
        let event = AuditEvent::new(action, Actor::User(user.id.clone()), origin)
            .about(&user.id)
            .refused("wrong_password");
        self.record(event).await?;
        Ok(Reauthentication::Wrong)
    }
}
