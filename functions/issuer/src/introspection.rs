//! Is a token good right now (RFC 7662)?
//!
//! Verifiers decide by the token and the registry; here the database is at hand
//! as well, so an ended session or a disabled user counts at once. What could
//! not be told is a fault and never "inactive": a client would log users out
//! for an outage.

use registry::Standing;
use serde_json::Value;
use token::{Caller as CallerKind, Principal, RefreshGrant, Role, Timestamp};

use crate::{
    issuer::{Fault, Issuer},
    metrics::Introspected,
    presented::{Claims, Presented},
    session::Verdict,
    user::User,
};

/// What is told of a token.
#[derive(Debug)]
pub(crate) enum Introspection {
    Active(Box<ActiveToken>),
    /// Whatever the reason.
    Inactive,
}

/// What a good token says.
#[derive(Debug)]
pub(crate) struct ActiveToken {
    pub(crate) kind: TokenKind,
    pub(crate) iss: Option<String>,
    /// One name, or several.
    pub(crate) aud: Option<Value>,
    pub(crate) sub: String,
    pub(crate) username: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) sid: Option<String>,
    pub(crate) jti: Option<String>,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    /// The name of the consumer, where it is one's.
    pub(crate) consumer: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Access,
    /// Opens nothing, so it has no role.
    Refresh,
}

impl Issuer {
    pub(crate) async fn introspect(&self, unverified_token: &str) -> Result<Introspection, Fault> {
        let told = self.look_into(unverified_token).await;
        self.metrics.introspection(match &told {
            Ok(Introspection::Active(_)) => Introspected::Active,
            Ok(Introspection::Inactive) => Introspected::Inactive,
            Err(_) => Introspected::Unavailable,
        });
        told
    }

    async fn look_into(&self, unverified_token: &str) -> Result<Introspection, Fault> {
        let active = match self.recognise(unverified_token).await? {
            Presented::Refresh(grant, claims) => self.good_refresh_token(grant, &claims).await?,
            Presented::Access(principal, claims) => self.good_access_token(&principal, &claims).await?,
            Presented::Nothing => None,
        };
        Ok(active.map_or(Introspection::Inactive, |active| Introspection::Active(Box::new(active))))
    }

    /// To ask about a spent one ends no session: whoever asks is not the one
    /// who uses it.
    async fn good_refresh_token(
        &self,
        grant: RefreshGrant,
        claims: &Claims,
    ) -> Result<Option<ActiveToken>, Fault> {
        let now = self.now();
        let found = self.store.session(&grant.sid).await?;
        let is_good = found.is_some_and(|(session, user)| {
            let verdict = session.judge(grant.generation, now);
            user.id == grant.sub
                && user.is_enabled()
                && !self.factors.asks_more_than(&session, &user)
                && matches!(verdict, Verdict::Advance | Verdict::Replay)
        });
        Ok(is_good.then(|| ActiveToken {
            kind: TokenKind::Refresh,
            iss: claims.text("iss"),
            aud: claims.value("aud"),
            sub: grant.sub,
            username: None,
            role: None,
            sid: Some(grant.sid),
            jti: claims.text("jti"),
            issued_at: Some(grant.issued_at),
            expires_at: grant.expires_at,
            consumer: None,
        }))
    }

    async fn good_access_token(
        &self,
        principal: &Principal,
        claims: &Claims,
    ) -> Result<Option<ActiveToken>, Fault> {
        let user = match principal.sid() {
            None => None,
            Some(sid) => match self.owner_of_live_session(sid, principal).await? {
                Some(user) => Some(user),
                None => return Ok(None),
            },
        };
        if self.is_revoked(principal).await? {
            return Ok(None);
        }
        let consumer = match principal.caller() {
            CallerKind::User => None,
            CallerKind::Consumer { username, .. } => Some(username.clone()),
        };
        // Of a user, what the database says now.
        let (username, role) = match user {
            Some(user) => (Some(user.username), user.role),
            None => (principal.username().map(str::to_owned), principal.role()),
        };
        Ok(Some(ActiveToken {
            kind: TokenKind::Access,
            iss: claims.text("iss"),
            aud: claims.value("aud"),
            sub: principal.id().to_owned(),
            username,
            role: Some(role),
            sid: principal.sid().map(str::to_owned),
            jti: principal.jti().map(str::to_owned),
            issued_at: principal.issued_at(),
            expires_at: principal.exp(),
            consumer,
        }))
    }

    async fn owner_of_live_session(&self, sid: &str, principal: &Principal) -> Result<Option<User>, Fault> {
        let now = self.now();
        let found = self.store.session(sid).await?;
        Ok(found.and_then(|(session, user)| {
            let is_good = session.is_live(now)
                && user.id == principal.id()
                && user.is_enabled()
                && !self.factors.asks_more_than(&session, &user);
            is_good.then_some(user)
        }))
    }

    /// First what the registry has yet to be told, and then the registry: what
    /// it is told meanwhile leaves the one place after it is in the other.
    async fn is_revoked(&self, principal: &Principal) -> Result<bool, Fault> {
        let now = self.moment();
        if self.store.is_revocation_waiting(principal, now.wall).await? {
            return Ok(true);
        }
        match &self.lookup {
            None => Ok(false),
            Some(lookup) => Ok(lookup.standing(principal, now).await? == Standing::Revoked),
        }
    }
}
