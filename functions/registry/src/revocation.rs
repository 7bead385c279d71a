//! What can be revoked, and under which key it is kept.

use token::{Principal, Timestamp};

/// Something that is not accepted any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// One token.
    Token { jti: String },
    /// Every token of one session.
    Session { sid: String },
    /// Every token of a subject that was issued before a moment.
    Subject { sub: String, not_before: Timestamp },
}

impl Revocation {
    /// The partition key of the entry.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Token { jti } => token_key(jti),
            Self::Session { sid } => session_key(sid),
            Self::Subject { sub, .. } => subject_key(sub),
        }
    }

    pub(crate) fn not_before(&self) -> Option<Timestamp> {
        match self {
            Self::Subject { not_before, .. } => Some(*not_before),
            Self::Token { .. } | Self::Session { .. } => None,
        }
    }
}

/// The keys under which something could be revoked that covers this principal.
pub(crate) fn keys_of(principal: &Principal) -> Vec<String> {
    let token = principal.jti().map(token_key);
    let session = principal.sid().map(session_key);
    token.into_iter().chain(session).chain([subject_key(principal.id())]).collect()
}

fn token_key(jti: &str) -> String {
    format!("JTI#{jti}")
}

fn session_key(sid: &str) -> String {
    format!("SID#{sid}")
}

fn subject_key(sub: &str) -> String {
    format!("SUB#{sub}")
}
