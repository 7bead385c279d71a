//! A login and its refreshes, and what one refresh token is worth.
//!
//! A session counts its generations; a refresh token names one. Only the
//! current one advances the session. Any other means that a token is in two
//! hands, and ends it, with one exception: a client whose answer got lost, or
//! whose two tabs refresh at once, sends the last one again within seconds.

use token::{MAX_LIFETIME_SECS, Timestamp};

use crate::origin::Origin;

/// How long the last refresh token may be sent again for the very same pair.
///
/// Without this a lost answer or a second tab would log its user out; much
/// longer, and whoever stole a token could use it next to its owner.
const REPLAY_GRACE_SECS: u64 = 10;

/// The most live sessions that one user can have: a list that can be read, and
/// nobody fills the database.
pub(crate) const MAX_SESSIONS: u16 = 100;

/// The largest leeway that a verifier can be set to. A revocation must outlive
/// the token for the most lenient of them.
pub(crate) const LONGEST_LEEWAY_SECS: u64 = 300;

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimits {
    /// Without a refresh.
    pub(crate) idle_secs: u64,
    /// Whatever happens.
    pub(crate) absolute_secs: u64,
}

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) sid: String,
    pub(crate) user_id: String,
    /// How often it has been refreshed.
    pub(crate) generation: u64,
    pub(crate) generation_began_at: Timestamp,
    pub(crate) started_at: Timestamp,
    /// When the last refresh was kept. It may have waited for others since its
    /// generation began.
    pub(crate) last_used_at: Timestamp,
    pub(crate) idle_expires_at: Timestamp,
    pub(crate) absolute_expires_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    /// When its user last showed a second factor that is still there.
    pub(crate) factor_at: Option<Timestamp>,
    /// Where it was used from last, for its owner to recognise it.
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// What to do with a refresh token of some generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the current one: give out the next pair.
    Advance,
    /// It was the current one a moment ago: give out the current pair again.
    Replay,
    /// It is in two hands: end the session.
    Reused,
    /// The session has ended or expired.
    Over,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Logout,
    /// From the list of sessions.
    EndedByUser,
    Reuse,
    UserDisabled,
    UserDeleted,
    /// By an administrator, or at the command line.
    Administrator,
    PasswordChanged,
    /// One of its tokens was revoked, or the session itself.
    Revoked,
    /// The user's role asks for a second factor, which the session has not seen.
    FactorRequired,
    /// Later ones have taken its place.
    TooMany,
}

impl SessionLimits {
    pub(crate) fn begin(self, sid: String, user_id: String, origin: &Origin, now: Timestamp) -> Session {
        let absolute_expires_at = now.plus(self.absolute_secs);
        Session {
            sid,
            user_id,
            generation: 0,
            generation_began_at: now,
            started_at: now,
            last_used_at: now,
            idle_expires_at: self.idle_expiry(absolute_expires_at, now),
            absolute_expires_at,
            ended_at: None,
            factor_at: None,
            address: origin.address_text(),
            user_agent: origin.user_agent.clone(),
        }
    }

    /// Returns `session` one generation on.
    pub(crate) fn advance(self, session: &Session, origin: &Origin, now: Timestamp) -> Session {
        Session {
            generation: session.generation.saturating_add(1),
            generation_began_at: now,
            last_used_at: now,
            idle_expires_at: self.idle_expiry(session.absolute_expires_at, now),
            address: origin.address_text(),
            user_agent: origin.user_agent.clone(),
            ..session.clone()
        }
    }

    fn idle_expiry(self, absolute_expires_at: Timestamp, now: Timestamp) -> Timestamp {
        now.plus(self.idle_secs).min(absolute_expires_at)
    }
}

impl Session {
    /// Judges a refresh token of generation `presented`.
    pub(crate) fn judge(&self, presented: u64, now: Timestamp) -> Verdict {
        if !self.is_live(now) {
            return Verdict::Over;
        }
        if presented == self.generation {
            return Verdict::Advance;
        }
        // Had the current token been used, there would be a later generation,
        // and this would not be the one before it. Use of the access token does
        // not count: the first of two racing tabs uses its own at once. Before it
        // was kept, nobody can have been told of the current one.
        let previous = presented.checked_add(1) == Some(self.generation);
        if previous && now.secs_since(self.last_used_at) <= REPLAY_GRACE_SECS {
            Verdict::Replay
        } else {
            Verdict::Reused
        }
    }

    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_expires_at && now < self.absolute_expires_at
    }
}

/// Returns when the last access token is over of a session whose last
/// generation began then.
///
/// By the longest lifetime there can be, not today's setting: the token may
/// have been minted before a restart changed it.
pub(crate) fn access_over_at(generation_began_at: Timestamp) -> Timestamp {
    generation_began_at.plus(MAX_LIFETIME_SECS + LONGEST_LEEWAY_SECS)
}

impl EndReason {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::EndedByUser => "ended_by_user",
            Self::Reuse => "reuse",
            Self::UserDisabled => "user_disabled",
            Self::UserDeleted => "user_deleted",
            Self::Administrator => "administrator",
            Self::PasswordChanged => "password_changed",
            Self::Revoked => "revoked",
            Self::FactorRequired => "factor_required",
            Self::TooMany => "too_many",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
    const LIMITS: SessionLimits = SessionLimits { idle_secs: 100, absolute_secs: 250 };

    /// A session that was refreshed five times, the last time at noon.
    fn session() -> Session {
        Session { generation: 5, ..LIMITS.begin("s".into(), "u".into(), &Origin::default(), NOON) }
    }

    #[test]
    fn one_generation_is_current_and_one_may_be_replayed_for_ten_seconds() {
        let judge = |presented, secs| session().judge(presented, NOON.plus(secs));
        assert_eq!(judge(5, 0), Verdict::Advance);
        assert_eq!(judge(5, 99), Verdict::Advance);
        assert_eq!(judge(4, 0), Verdict::Replay);
        assert_eq!(judge(4, 10), Verdict::Replay);
        assert_eq!(judge(4, 11), Verdict::Reused);
        assert_eq!(judge(3, 0), Verdict::Reused);
        assert_eq!(judge(6, 0), Verdict::Reused, "from after a restored backup");
        assert_eq!(judge(u64::MAX, 0), Verdict::Reused);
    }

    #[test]
    fn a_refresh_that_waited_may_be_replayed_since_it_was_kept() {
        let session = Session { last_used_at: NOON.plus(5), ..session() };
        assert_eq!(session.judge(4, NOON.plus(15)), Verdict::Replay);
        assert_eq!(session.judge(4, NOON.plus(16)), Verdict::Reused);
    }

    #[test]
    fn a_session_ends_when_idle_and_in_any_case() {
        let mut session = session();
        assert_eq!(session.judge(5, NOON.plus(100)), Verdict::Over);
        assert_eq!(session.judge(3, NOON.plus(100)), Verdict::Over);
        session = LIMITS.advance(&session, &Origin::default(), NOON.plus(90));
        assert_eq!(session.judge(6, NOON.plus(189)), Verdict::Advance);
        session = LIMITS.advance(&session, &Origin::default(), NOON.plus(180));
        assert_eq!(session.judge(7, NOON.plus(249)), Verdict::Advance);
        assert_eq!(session.judge(7, NOON.plus(250)), Verdict::Over);
        session.ended_at = Some(NOON);
        assert_eq!(session.judge(7, NOON), Verdict::Over);
    }
}
