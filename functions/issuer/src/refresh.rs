//! Exchanging a refresh token for the next pair.
//!
//! The pair is made before the session moves on, and the move is one
//! compare-and-set: no refresh token is spent without its pair, and of two that
//! race one moves the session and the other finds it moved.

use token::RefreshGrant;

use crate::{
    issuer::{Fault, Issuer},
    pair::TokenPair,
    session::{EndReason, Verdict},
    store::Ending,
};

/// How often a session may change under one refresh. Each time another refresh
/// has succeeded or the session has ended, which the second look sees.
const MAX_LOOKS: usize = 4;

/// The answer to a refresh token.
#[derive(Debug)]
pub(crate) enum Refresh {
    Granted {
        pair: TokenPair,
        user_id: String,
        sid: String,
        /// Whether this pair was given out before.
        replayed: bool,
    },
    Refused {
        /// User and session of the token, where this issuer made it.
        user_id: Option<String>,
        sid: Option<String>,
        reason: RefreshRefusal,
    },
}

/// Why a refresh token was refused, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshRefusal {
    /// Not a refresh token of this issuer, or expired.
    NotValid,
    UnknownSession,
    /// Ended, or expired for being idle or old.
    SessionOver,
    UserDisabled,
    /// In two hands; its session has been ended for it.
    Reused,
}

impl RefreshRefusal {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NotValid => "not_valid",
            Self::UnknownSession => "unknown_session",
            Self::SessionOver => "session_over",
            Self::UserDisabled => "user_disabled",
            Self::Reused => "reused",
        }
    }
}

impl Issuer {
    /// Answers a refresh token with a pair, or ends its session.
    pub(crate) async fn refresh(&self, unverified_token: &str) -> Result<Refresh, Fault> {
        let issuer = &self.pairs.minter.issuer;
        let granted = self.pairs.refresh_key.verify(unverified_token, issuer, self.now());
        match granted {
            Ok(grant) => self.refresh_session(grant).await,
            Err(_) => Ok(Refresh::Refused { user_id: None, sid: None, reason: RefreshRefusal::NotValid }),
        }
    }

    async fn refresh_session(&self, grant: RefreshGrant) -> Result<Refresh, Fault> {
        let keys = self.signing_keys().await?;
        for _ in 0..MAX_LOOKS {
            let now = self.now();
            let found = self.store.session(&grant.sid).await?;
            let Some((session, user)) = found.filter(|(_, user)| user.id == grant.sub) else {
                return Ok(refused(grant, RefreshRefusal::UnknownSession));
            };
            if !user.is_enabled() {
                return Ok(refused(grant, RefreshRefusal::UserDisabled));
            }
            let (given, replayed) = match session.judge(grant.generation, now) {
                Verdict::Advance => (self.limits.advance(&session, now), false),
                Verdict::Replay => (session, true),
                Verdict::Over => return Ok(refused(grant, RefreshRefusal::SessionOver)),
                Verdict::Reused => {
                    let ending = Ending::one(&user.id, &session.sid, EndReason::Reuse);
                    self.end_sessions(ending).await?;
                    return Ok(refused(grant, RefreshRefusal::Reused));
                }
            };
            let pair = self.pairs.pair(&user, &given, &keys).ok_or(Fault::NoSigningKey)?;
            if replayed || self.store.advance_session(&given).await? {
                return Ok(Refresh::Granted { pair, user_id: user.id, sid: given.sid, replayed });
            }
        }
        Err(Fault::Contention)
    }
}

fn refused(grant: RefreshGrant, reason: RefreshRefusal) -> Refresh {
    Refresh::Refused { user_id: Some(grant.sub), sid: Some(grant.sid), reason }
}
