//! What is remembered: who did what, when and from where.
//!
//! An event is kept in the database, in the transaction of the change that it
//! tells of, and written to the log as one line. It holds ids and never what was
//! typed: no username, password or token.

use crate::{
    issuer::{Fault, Issuer},
    metrics::Metrics,
    origin::Origin,
};

/// One thing that somebody did or tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditEvent {
    pub(crate) action: Action,
    pub(crate) outcome: Outcome,
    pub(crate) actor: Actor,
    /// Whom or what it was done to: a user's id, a consumer's name.
    pub(crate) subject: Option<String>,
    pub(crate) sid: Option<String>,
    /// More than the client learns, from a closed list of words.
    pub(crate) reason: Option<&'static str>,
    pub(crate) origin: Origin,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Login,
    Refresh,
    /// A refresh token in two hands; its session has been ended.
    Reuse,
    Logout,
    SessionEnded,
    PasswordChanged,
    PasswordResetOffered,
    /// A password was set with a token.
    PasswordReset,
    /// A second factor that is pending.
    FactorBegun,
    FactorConfirmed,
    FactorRemoved,
    RecoveryCodesRenewed,
    UserCreated,
    UserDisabled,
    UserEnabled,
    UserRenamed,
    /// Name or e-mail address.
    ProfileChanged,
    /// To the role that is the reason.
    RoleChanged,
    UserDeleted,
    /// All of a user's.
    SessionsEnded,
    ClientAdded,
    ClientRemoved,
    TokenRevoked,
    SubjectRevoked,
    CredentialRevoked,
    /// Failed logins forgiven.
    UserUnlocked,
    ConsumerCreated,
    ConsumerChanged,
    ConsumerDisabled,
    ConsumerEnabled,
    ConsumerDeleted,
    CredentialCreated,
    CredentialChanged,
    CredentialSecretReplaced,
    CredentialDeleted,
    /// An operator signed a token with a consumer's secret.
    ConsumerTokenMinted,
    KeyGenerated,
    KeyRotated,
    /// Somebody asked to see the secret itself.
    KeyRevealed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Refused,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor {
    /// By id.
    User(String),
    /// A program, by id.
    Client(String),
    /// Somebody at the command line of the machine.
    CommandLine,
    /// Nobody that could be told.
    Nobody,
}

impl AuditEvent {
    pub(crate) fn new(action: Action, actor: Actor, origin: &Origin) -> Self {
        Self {
            action,
            outcome: Outcome::Done,
            actor,
            subject: None,
            sid: None,
            reason: None,
            origin: origin.clone(),
        }
    }

    pub(crate) fn refused(self, reason: &'static str) -> Self {
        Self { outcome: Outcome::Refused, reason: Some(reason), ..self }
    }

    pub(crate) fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub(crate) fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    pub(crate) fn of_session(self, sid: impl Into<String>) -> Self {
        Self { sid: Some(sid.into()), ..self }
    }

    /// Writes its line and counts it. For what was kept with the change that it
    /// tells of.
    pub(crate) fn log(&self, metrics: &Metrics) {
        metrics.event(self);
        let (action, outcome) = (self.action.name(), self.outcome.name());
        let (actor, actor_id) = (self.actor.kind(), self.actor.id());
        let (subject, sid, reason) = (self.subject.as_deref(), self.sid.as_deref(), self.reason);
        let address = self.origin.address_text();
        if self.action.is_alarming() {
            tracing::warn!(action, outcome, actor, actor_id, subject, sid, reason, address, "audit");
        } else {
            tracing::info!(action, outcome, actor, actor_id, subject, sid, reason, address, "audit");
        }
    }
}

impl Action {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Reuse => "reuse",
            Self::Logout => "logout",
            Self::SessionEnded => "session_ended",
            Self::PasswordChanged => "password_changed",
            Self::PasswordResetOffered => "password_reset_offered",
            Self::PasswordReset => "password_reset",
            Self::FactorBegun => "factor_begun",
            Self::FactorConfirmed => "factor_confirmed",
            Self::FactorRemoved => "factor_removed",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::UserCreated => "user_created",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::UserRenamed => "user_renamed",
            Self::ProfileChanged => "profile_changed",
            Self::RoleChanged => "role_changed",
            Self::UserDeleted => "user_deleted",
            Self::SessionsEnded => "sessions_ended",
            Self::ClientAdded => "client_added",
            Self::ClientRemoved => "client_removed",
            Self::TokenRevoked => "token_revoked",
            Self::SubjectRevoked => "subject_revoked",
            Self::CredentialRevoked => "credential_revoked",
            Self::UserUnlocked => "user_unlocked",
            Self::ConsumerCreated => "consumer_created",
            Self::ConsumerChanged => "consumer_changed",
            Self::ConsumerDisabled => "consumer_disabled",
            Self::ConsumerEnabled => "consumer_enabled",
            Self::ConsumerDeleted => "consumer_deleted",
            Self::CredentialCreated => "credential_created",
            Self::CredentialChanged => "credential_changed",
            Self::CredentialSecretReplaced => "credential_secret_replaced",
            Self::CredentialDeleted => "credential_deleted",
            Self::ConsumerTokenMinted => "consumer_token_minted",
            Self::KeyGenerated => "key_generated",
            Self::KeyRotated => "key_rotated",
            Self::KeyRevealed => "key_revealed",
        }
    }

    const fn is_alarming(self) -> bool {
        matches!(self, Self::Reuse)
    }
}

impl Outcome {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl Actor {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Client(_) => "client",
            Self::CommandLine => "command_line",
            Self::Nobody => "nobody",
        }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::User(id) | Self::Client(id) => Some(id),
            Self::CommandLine | Self::Nobody => None,
        }
    }
}

/// Why an event tells of something that may have happened: whoever was to do it
/// did not answer.
pub(crate) const OUTCOME_UNKNOWN: &str = "outcome_unknown";

impl Issuer {
    /// Keeps and logs an event that changed nothing else, such as a refusal.
    pub(crate) async fn record(&self, event: AuditEvent) -> Result<(), Fault> {
        event.log(&self.metrics);
        Ok(self.store.keep_event(&event, self.now()).await?)
    }
}
