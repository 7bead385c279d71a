//! Logging in with username and password.
//!
//! Every login that fails for what was typed does the same work and gets the
//! same answer: whether the user is unknown or disabled, or the password wrong,
//! is for the audit only.

use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    hasher::Checked,
    ids::new_id,
    issuer::{Fault, Issuer},
    origin::Origin,
    pair::TokenPair,
    store::{Credentials, NewHash},
    user::Username,
};

/// The answer to a login.
#[derive(Debug)]
pub(crate) enum Login {
    Granted {
        pair: TokenPair,
    },
    /// For what was typed; why is in the audit.
    Refused,
}

/// Why a login was refused, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginRefusal {
    UnknownUser,
    WrongPassword,
    Disabled,
    /// Disabled, or given another password, while the old one was checked.
    ChangedMeanwhile,
}

impl LoginRefusal {
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::ChangedMeanwhile => "changed_meanwhile",
        }
    }
}

impl Issuer {
    /// Begins a session for whoever has that name and password.
    pub(crate) async fn log_in(
        &self,
        username: &Username,
        password: Zeroizing<String>,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        if origin.address.is_some_and(|address| self.proxies.trusted.contain(address)) {
            self.proxies.note_unnamed(self.moment());
        }
        let place = self.hasher.admit()?;
        // Before the hash: without a key there is nothing to log in for.
        let keys = self.signing_keys().await?;
        let credentials = self.store.credentials(username).await?;
        let stored = credentials.as_ref().map(|known| known.hash.clone());
        // To hash twice is a sign of a right password, which a disabled user
        // is not given.
        let renew = credentials.as_ref().is_some_and(|known| known.user.is_enabled());
        let checked = place.check(password, stored, renew).await?;

        let (Credentials { user, hash }, stronger) = match (credentials, checked) {
            (None, _) => return self.refuse_login(None, LoginRefusal::UnknownUser, origin).await,
            (Some(known), Checked::Wrong) => {
                return self.refuse_login(Some(known.user.id), LoginRefusal::WrongPassword, origin).await;
            }
            (Some(known), Checked::Right { .. }) if !known.user.is_enabled() => {
                return self.refuse_login(Some(known.user.id), LoginRefusal::Disabled, origin).await;
            }
            (Some(known), Checked::Right { stronger }) => (known, stronger),
        };

        let now = self.now();
        let session = self.limits.begin(new_id(now)?, user.id.clone(), origin, now);
        let pair = self.pairs.pair(&user, &session, &keys).ok_or(Fault::NoSigningKey)?;
        let hash = NewHash { seen: &hash, stronger: stronger.as_ref() };
        let event = AuditEvent::new(Action::Login, Actor::User(user.id.clone()), origin)
            .about(&user.id)
            .of_session(&session.sid);
        if !self.store.begin_session(&session, hash, &event).await? {
            return self.refuse_login(Some(user.id), LoginRefusal::ChangedMeanwhile, origin).await;
        }
        event.log(&self.metrics);
        Ok(Login::Granted { pair })
    }

    async fn refuse_login(
        &self,
        user_id: Option<String>,
        reason: LoginRefusal,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        let mut event = AuditEvent::new(Action::Login, Actor::Nobody, origin).refused(reason.name());
        event.subject = user_id;
        self.record(event).await?;
        Ok(Login::Refused)
    }
}
