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
    /// Every token of a consumer's credential that was issued before a moment,
    /// or does not say when.
    ///
    /// The consumer itself writes that moment into its tokens. So this ends
    /// tokens that went astray; a secret that did must be replaced.
    Credential { key: String, not_before: Timestamp },
}

impl Revocation {
    /// The partition key of the item that says so.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Token { jti } => token_key(jti),
            Self::Session { sid } => session_key(sid),
            Self::Subject { sub, .. } => subject_key(sub),
            Self::Credential { key, .. } => credential_key(key),
        }
    }
}

/// The keys under which something could be revoked that covers this principal.
/// That of a credential is in the credential, which was read before.
pub(crate) fn keys_of(principal: &Principal) -> Vec<String> {
    let token = principal.jti().map(token_key);
    let session = principal.sid().map(session_key);
    token.into_iter().chain(session).chain([subject_key(principal.id())]).collect()
}

pub(crate) fn token_key(jti: &str) -> String {
    format!("JTI#{jti}")
}

fn session_key(sid: &str) -> String {
    format!("SID#{sid}")
}

fn subject_key(sub: &str) -> String {
    format!("SUB#{sub}")
}

/// The key for the subject that a consumer is.
pub(crate) fn consumer_key(username: &str) -> String {
    subject_key(&Principal::consumer_id(username))
}

pub(crate) fn credential_key(key: &str) -> String {
    format!("CRED#{key}")
}
