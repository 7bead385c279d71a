//! Revoking a token (RFC 7009), and through it whatever it belongs to.
//!
//! A token of a session stands for the whole session: RFC 7009 section 2.1 has
//! a server revoke everything of one grant with its refresh token, and leaves it
//! to the server to do so with an access token. What has no session is revoked
//! by its own id.

use registry::Revocation;
use token::Timestamp;

use crate::{
    audit::{Action, AuditEvent},
    caller::Caller,
    issuer::{Fault, Issuer},
    logout::{Delivery, taken_over_at},
    origin::Origin,
    presented::Presented,
    session::{EndReason, LONGEST_LEEWAY_SECS},
    store::{Ending, NewEntry},
};

/// What became of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    Done(Delivery),
    /// It is no token, or over already: there is nothing left to revoke.
    Nothing,
    /// It has neither a session nor an id to name it by.
    Unnamed,
    /// It is somebody else's.
    NotYours,
}

impl Issuer {
    pub(crate) async fn revoke_token(
        &self,
        unverified_token: &str,
        caller: &Caller,
        origin: &Origin,
    ) -> Result<Revoked, Fault> {
        let (sub, sid, named) = match self.recognise(unverified_token).await? {
            Presented::Nothing => return Ok(Revoked::Nothing),
            Presented::Refresh(grant, _) => (grant.sub, Some(grant.sid), None),
            Presented::Access(principal, _) => {
                let named = principal.jti().map(|jti| (jti.to_owned(), principal.exp()));
                (principal.id().to_owned(), principal.sid().map(str::to_owned), named)
            }
        };
        if !caller.may_revoke_of(&sub) {
            return Ok(Revoked::NotYours);
        }
        let event = AuditEvent::new(Action::TokenRevoked, caller.actor(), origin).about(&sub);
        if let Some(sid) = &sid {
            let known = self.store.session(sid).await?;
            if known.is_some_and(|(_, user)| user.id == sub) {
                let ending = Ending::one(&sub, sid, EndReason::Revoked);
                let ended = self.end_sessions_if_any(ending, event.of_session(sid)).await?;
                return Ok(ended.map_or(Revoked::Nothing, Revoked::Done));
            }
        }
        match named {
            None => Ok(Revoked::Unnamed),
            Some((jti, expires_at)) => self.revoke_one(jti, expires_at, &event).await,
        }
    }

    async fn revoke_one(
        &self,
        jti: String,
        expires_at: Timestamp,
        event: &AuditEvent,
    ) -> Result<Revoked, Fault> {
        let now = self.now();
        let entry = NewEntry {
            revocation: Revocation::Token { jti },
            expires_at: expires_at.plus(LONGEST_LEEWAY_SECS),
            first_attempt_at: taken_over_at(now),
        };
        let kept = self.store.keep_revocation(&entry, event, now).await?;
        event.log(&self.metrics);
        Ok(Revoked::Done(self.tell_registry(&[kept]).await))
    }
}
