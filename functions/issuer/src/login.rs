//! Logging in with username and password.
//!
//! Every login that fails for what was typed does the same work and gets the
//! same answer: whether the user is unknown or disabled, or the password wrong,
//! is for the log only.

use zeroize::Zeroizing;

use crate::{
    hasher::Checked,
    ids::new_id,
    issuer::{Fault, Issuer},
    pair::TokenPair,
    store::{Credentials, NewHash},
    user::Username,
};

/// The answer to a login.
#[derive(Debug)]
pub(crate) enum Login {
    Granted {
        pair: TokenPair,
        user_id: String,
        sid: String,
    },
    Refused {
        /// The user of that name, where there is one.
        user_id: Option<String>,
        reason: LoginRefusal,
    },
}

/// Why a login was refused, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    UnknownUser,
    WrongPassword,
    Disabled,
    /// Disabled, or given another password, while the old one was checked.
    ChangedMeanwhile,
}

impl LoginRefusal {
    pub(crate) const fn name(self) -> &'static str {
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
    ) -> Result<Login, Fault> {
        let place = self.hasher.admit()?;
        // Before the hash: without a key there is nothing to log in for.
        let keys = self.signing_keys().await?;
        let credentials = self.store.credentials(username).await?;
        let stored = credentials.as_ref().map(|known| known.hash.clone());
        // To hash twice is a sign of a right password, which a disabled user
        // is not given.
        let renew = credentials.as_ref().is_some_and(|known| known.user.is_enabled());
        let checked = place.check(password, stored, renew).await?;

        let refused = |user_id, reason| Ok(Login::Refused { user_id, reason });
        let (Credentials { user, hash }, stronger) = match (credentials, checked) {
            (None, _) => return refused(None, LoginRefusal::UnknownUser),
            (Some(known), Checked::Wrong) => {
                return refused(Some(known.user.id), LoginRefusal::WrongPassword);
            }
            (Some(known), Checked::Right { .. }) if !known.user.is_enabled() => {
                return refused(Some(known.user.id), LoginRefusal::Disabled);
            }
            (Some(known), Checked::Right { stronger }) => (known, stronger),
        };

        let now = self.now();
        let session = self.limits.begin(new_id(now)?, user.id.clone(), now);
        let pair = self.pairs.pair(&user, &session, &keys).ok_or(Fault::NoSigningKey)?;
        let hash = NewHash { seen: &hash, stronger: stronger.as_ref() };
        if !self.store.begin_session(&session, hash).await? {
            return refused(Some(user.id), LoginRefusal::ChangedMeanwhile);
        }
        Ok(Login::Granted { pair, user_id: user.id, sid: session.sid })
    }
}
