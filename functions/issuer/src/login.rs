//! Logging in with username and password.
//!
//! Every login that fails for what was typed does the same work and gets the
//! same answer: whether the user is unknown or disabled, the password wrong or
//! the account locked, is for the audit only. Whether it is looked at at all is
//! for the throttle to say, before anything is hashed.

use std::{sync::Arc, time::Duration};

use token::KeyRing;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    hasher::{Busy, Checked, Place},
    ids::new_id,
    issuer::{Fault, Issuer},
    origin::Origin,
    pair::TokenPair,
    store::{Credentials, NewHash},
    throttle::{Charge, Charging, Look, Wait},
    user::{User, Username},
};

/// How long a login may wait for its turn and be hashed. Shorter than a request
/// may take, so that whoever gets no answer gets back what was paid.
const PATIENCE: Duration = Duration::from_secs(4);

/// The answer to a login.
#[derive(Debug)]
pub(crate) enum Login {
    Granted {
        pair: TokenPair,
    },
    /// For what was typed; why is in the audit.
    Refused,
    /// Not looked at: too many have failed before.
    TooMany(Wait),
}

/// Why a login was refused, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginRefusal {
    UnknownUser,
    WrongPassword,
    Disabled,
    /// Too many failures from unfamiliar addresses, this one among them.
    Locked,
    /// Disabled, or given another password, while the old one was checked.
    ChangedMeanwhile,
}

impl LoginRefusal {
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::Locked => "locked",
            Self::ChangedMeanwhile => "changed_meanwhile",
        }
    }
}

/// What it takes for a login to be looked at.
struct Turn {
    place: Place,
    deadline: Instant,
    keys: Arc<KeyRing>,
}

impl Issuer {
    /// Begins a session for whoever has that name and password.
    pub(crate) async fn log_in(
        &self,
        username: &Username,
        password: Zeroizing<String>,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        let deadline = Instant::now() + PATIENCE;
        if origin.address.is_some_and(|address| self.proxies.trusted.contain(address)) {
            self.proxies.note_unnamed(self.moment());
        }
        let attempt = self.attempt(username, origin);
        let familiar = match self.look(attempt.as_ref()).await? {
            Look::Familiar => true,
            Look::Unfamiliar => false,
            Look::TooMany(wait) => return Ok(Login::TooMany(wait)),
        };
        let place = self.hasher.admit()?;
        // Before the hash: without a key there is nothing to log in for.
        let turn = Turn { place, deadline, keys: self.signing_keys().await? };
        let credentials = self.store.credentials(username).await?;
        // Paid from here on, whether the client waits for the answer or not.
        let charge = match self.charge(attempt.as_ref(), familiar).await? {
            Charging::Paid(charge) => charge,
            Charging::TooMany(wait) => return Ok(Login::TooMany(wait)),
        };
        let login = self.check_login(username, credentials, password, turn, &charge, origin).await;
        if login.is_err() {
            self.refund(&charge).await;
        }
        login
    }

    async fn check_login(
        &self,
        username: &Username,
        credentials: Option<Credentials>,
        password: Zeroizing<String>,
        Turn { place, deadline, keys }: Turn,
        charge: &Charge,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        let stored = match &credentials {
            Some(known) => known.hash.clone(),
            None => self.decoys.decoy(username),
        };
        // To hash twice is a sign of a right password, which a disabled user
        // is not given, nor somebody whom the account is locked for.
        let renew = !charge.locked && credentials.as_ref().is_some_and(|known| known.user.is_enabled());
        let checked =
            timeout_at(deadline, place.check(password, Some(stored), renew)).await.map_err(|_| Busy)??;

        let refused = async |user: &User, reason| self.refuse_login(Some(user), reason, origin).await;
        let (Credentials { user, hash }, stronger) = match (credentials, checked) {
            (None, _) => return self.refuse_login(None, LoginRefusal::UnknownUser, origin).await,
            (Some(known), _) if charge.locked => return refused(&known.user, LoginRefusal::Locked).await,
            (Some(known), Checked::Wrong) => return refused(&known.user, LoginRefusal::WrongPassword).await,
            (Some(known), Checked::Right { .. }) if !known.user.is_enabled() => {
                return refused(&known.user, LoginRefusal::Disabled).await;
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
        if !self.store.begin_session(&session, hash, charge, &event).await? {
            return refused(&user, LoginRefusal::ChangedMeanwhile).await;
        }
        event.log();
        Ok(Login::Granted { pair })
    }

    async fn refuse_login(
        &self,
        user: Option<&User>,
        reason: LoginRefusal,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        let mut event = AuditEvent::new(Action::Login, Actor::Nobody, origin).refused(reason.name());
        event.subject = user.map(|user| user.id.clone());
        self.record(event).await?;
        Ok(Login::Refused)
    }
}
