//! Whose access token is it, and is its session still good?
//!
//! A verifier elsewhere knows of an ended session through the registry; here
//! the database is at hand and asked each time.

use token::{Principal, Reason};

use crate::{
    issuer::{Fault, Issuer},
    session::Session,
    user::User,
};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) session: Session,
}

/// The answer to an access token.
#[derive(Debug)]
pub(crate) enum Authentication {
    Known(Box<Account>),
    Refused(BearerRefusal),
}

/// Why an access token was refused, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BearerRefusal {
    Token(Reason),
    /// It belongs to no session, to one that is over, or to somebody else's.
    Session,
    UserDisabled,
    /// Its session was begun with less than the user's role asks for.
    FactorRequired,
}

impl BearerRefusal {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Token(reason) => reason.name(),
            Self::Session => "session_over",
            Self::UserDisabled => "user_disabled",
            Self::FactorRequired => "factor_required",
        }
    }
}

impl Issuer {
    /// Returns whom an access token of a user speaks for, whatever has become of
    /// its session.
    pub(crate) async fn principal_of(
        &self,
        unverified_token: &str,
    ) -> Result<Result<Principal, Reason>, Fault> {
        Ok(self.keys.verify(&self.verifier, unverified_token, self.moment()).await?)
    }

    pub(crate) async fn authenticate(&self, unverified_token: &str) -> Result<Authentication, Fault> {
        let refused = |refusal| Ok(Authentication::Refused(refusal));
        let principal = match self.principal_of(unverified_token).await? {
            Ok(principal) => principal,
            Err(reason) => return refused(BearerRefusal::Token(reason)),
        };
        let now = self.now();

        // `issuer token mint` makes tokens without a session: good elsewhere,
        // but there is nothing here that they could be about.
        let Some(sid) = principal.sid() else {
            return refused(BearerRefusal::Session);
        };
        match self.store.session(sid).await? {
            Some((session, user)) if session.is_live(now) && user.id == principal.id() => {
                if !user.is_enabled() {
                    return refused(BearerRefusal::UserDisabled);
                }
                if self.factors.asks_more_than(&session, &user) {
                    return refused(BearerRefusal::FactorRequired);
                }
                Ok(Authentication::Known(Box::new(Account { user, session })))
            }
            _ => refused(BearerRefusal::Session),
        }
    }
}
