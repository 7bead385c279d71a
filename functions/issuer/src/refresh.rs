//! Exchanging a refresh token for the next pair.
//!
//! The pair is made before the session moves on, and the move is one
//! compare-and-set: no refresh token is spent without its pair, and of two that
//! race one moves the session and the other finds it moved.

use token::RefreshGrant;

use crate::{
    audit::{Action, Actor, AuditEvent},
    issuer::{Fault, Issuer},
    origin::Origin,
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
    },
    /// Why is in the audit.
    Refused,
}

/// Why a refresh token was refused, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RefreshRefusal {
    /// Not a refresh token of this issuer, or expired.
    NotValid,
    UnknownSession,
    /// Ended, or expired for being idle or old.
    SessionOver,
    UserDisabled,
    /// The session was begun with less than the user's role asks for.
    FactorRequired,
}

impl RefreshRefusal {
    const fn name(self) -> &'static str {
        match self {
            Self::NotValid => "not_valid",
            Self::UnknownSession => "unknown_session",
            Self::SessionOver => "session_over",
            Self::UserDisabled => "user_disabled",
            Self::FactorRequired => "factor_required",
        }
    }
}

impl Issuer {
    /// Answers a refresh token with a pair, or ends its session.
    pub(crate) async fn refresh(&self, unverified_token: &str, origin: &Origin) -> Result<Refresh, Fault> {
        let issuer = &self.pairs.minter.issuer;
        let Ok(grant) = self.pairs.refresh_key.verify(unverified_token, issuer, self.now()) else {
            // To the log alone: anybody can send these, as many as they like.
            AuditEvent::new(Action::Refresh, Actor::Nobody, origin)
                .refused(RefreshRefusal::NotValid.name())
                .log(&self.metrics);
            return Ok(Refresh::Refused);
        };
        let refreshed = self.refresh_session(grant, origin).await;
        refreshed.inspect_err(|fault| self.metrics.refresh_stayed_open(fault))
    }

    async fn refresh_session(&self, grant: RefreshGrant, origin: &Origin) -> Result<Refresh, Fault> {
        let event = |action| {
            AuditEvent::new(action, Actor::User(grant.sub.clone()), origin)
                .about(&grant.sub)
                .of_session(&grant.sid)
        };
        let refused = async |reason: RefreshRefusal| {
            self.record(event(Action::Refresh).refused(reason.name())).await?;
            Ok(Refresh::Refused)
        };
        let keys = self.signing_keys().await?;
        let address = self.throttle.as_ref().map(|throttle| throttle.key.address(origin.address));
        for _ in 0..MAX_LOOKS {
            let now = self.now();
            let found = self.store.session(&grant.sid).await?;
            let Some((session, user)) = found.filter(|(_, user)| user.id == grant.sub) else {
                return refused(RefreshRefusal::UnknownSession).await;
            };
            if !user.is_enabled() {
                return refused(RefreshRefusal::UserDisabled).await;
            }
            if session.is_live(now) && self.factors.asks_more_than(&session, &user) {
                let ending = Ending::one(&user.id, &session.sid, EndReason::FactorRequired);
                let reason = RefreshRefusal::FactorRequired.name();
                self.end_sessions(ending, event(Action::Refresh).refused(reason)).await?;
                return Ok(Refresh::Refused);
            }
            let (given, replayed) = match session.judge(grant.generation, now) {
                Verdict::Advance => (self.limits.advance(&session, origin, now), false),
                Verdict::Replay => (session, true),
                Verdict::Over => return refused(RefreshRefusal::SessionOver).await,
                Verdict::Reused => {
                    let ending = Ending::one(&user.id, &session.sid, EndReason::Reuse);
                    self.end_sessions(ending, event(Action::Reuse)).await?;
                    return Ok(Refresh::Refused);
                }
            };
            let pair = self.pairs.pair(&user, &given, &keys).ok_or(Fault::NoSigningKey)?;
            let event = event(Action::Refresh);
            if replayed {
                event.because("replayed").log(&self.metrics);
                return Ok(Refresh::Granted { pair });
            }
            if self.store.advance_session(&given, &user, address.as_deref(), &event).await? {
                event.log(&self.metrics);
                return Ok(Refresh::Granted { pair });
            }
        }
        Err(Fault::Contention)
    }
}
