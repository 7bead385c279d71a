//! What the claims of a token must say for it to be accepted.

use crate::{
    Credential, Reason, Role, Timestamp,
    claims::{Claims, Times},
    consumer_claims::ConsumerClaims,
};

/// The `iss` a user's token must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerRule {
    /// Switched off in so many words (`*`).
    Any,
    Exactly(String),
}

/// The `aud` a user's token must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Switched off in so many words (`*`).
    Any,
    /// One of these must be among the token's audiences.
    OneOf(Vec<String>),
}

impl Audience {
    fn is_met_by(&self, audiences: &[impl AsRef<str>]) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(ours) => {
                audiences.iter().any(|audience| ours.iter().any(|our| our == audience.as_ref()))
            }
        }
    }
}

/// The rules for the claims of a token. No field has a default: what a check is
/// relaxed to is always written down.
#[derive(Debug, Clone)]
pub struct Policy {
    pub issuer: IssuerRule,
    pub audience: Audience,
    /// How far the issuer's clock may differ from ours, for `exp`, `nbf`, `iat`.
    pub leeway_secs: u64,
    /// The longest `exp - iat` of a user's token; `None` switches the check off.
    pub max_lifetime_secs: Option<u64>,
    /// The role of a token that has none; `None` refuses such a token.
    pub default_role: Option<Role>,
    /// Whether a token without `type` is an access token.
    pub accept_untyped: bool,
}

/// What the policy found out about a token it accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accepted {
    pub(crate) role: Role,
    pub(crate) exp: Timestamp,
}

impl Policy {
    pub(crate) fn check(&self, claims: &Claims<'_>, now: Timestamp) -> Result<Accepted, Reason> {
        self.check_parties(claims)?;
        let exp = self.check_times(claims.times, self.max_lifetime_secs, now)?;
        self.check_type(claims)?;
        check_subject(claims)?;
        Ok(Accepted { role: self.role(claims)?, exp })
    }

    /// Checks what a consumer says about its token, and returns its `exp`.
    ///
    /// A consumer need not name an audience: clients written for Kong name none,
    /// and a credential is good for one registry anyway. Where it does name some,
    /// it means them.
    pub(crate) fn check_consumer(
        &self,
        claims: &ConsumerClaims,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Timestamp, Reason> {
        if !claims.aud.as_ref().is_none_or(|audiences| self.audience.is_met_by(audiences)) {
            return Err(Reason::Audience);
        }
        let exp = self.check_times(claims.times, Some(credential.max_lifetime_secs()), now)?;
        if claims.token_type.as_deref().is_some_and(|token_type| token_type != "access") {
            return Err(Reason::TokenType);
        }
        // A token that does not say when it was issued may be an old one.
        let issued_before = |not_before| claims.times.iat.is_none_or(|iat| iat < not_before);
        if credential.not_before().is_some_and(issued_before) {
            return Err(Reason::Revoked);
        }
        Ok(exp)
    }

    fn check_parties(&self, claims: &Claims<'_>) -> Result<(), Reason> {
        match &self.issuer {
            IssuerRule::Any => {}
            IssuerRule::Exactly(issuer) if claims.iss.as_deref() == Some(issuer) => {}
            IssuerRule::Exactly(_) => return Err(Reason::Issuer),
        }
        if self.audience.is_met_by(&claims.aud) { Ok(()) } else { Err(Reason::Audience) }
    }

    fn check_times(
        &self,
        times: Times,
        max_lifetime_secs: Option<u64>,
        now: Timestamp,
    ) -> Result<Timestamp, Reason> {
        let latest = now.plus(self.leeway_secs);
        let exp = times.exp.ok_or(Reason::Malformed)?;
        // RFC 7519 section 4.1.4: `exp` itself is already too late.
        if exp.plus(self.leeway_secs) <= now {
            return Err(Reason::Expired);
        }
        if times.nbf.is_some_and(|nbf| latest < nbf) {
            return Err(Reason::NotYetValid);
        }
        if times.iat.is_some_and(|iat| latest < iat) {
            return Err(Reason::IssuedInFuture);
        }
        let lifetime_secs = exp.secs_since(times.iat.unwrap_or(now));
        if max_lifetime_secs.is_some_and(|max| lifetime_secs > max) {
            return Err(Reason::Lifetime);
        }
        Ok(exp)
    }

    fn check_type(&self, claims: &Claims<'_>) -> Result<(), Reason> {
        match claims.token_type.as_deref() {
            Some("access") => Ok(()),
            None if self.accept_untyped => Ok(()),
            _ => Err(Reason::TokenType),
        }
    }

    fn role(&self, claims: &Claims<'_>) -> Result<Role, Reason> {
        match claims.role.as_deref() {
            Some(name) => Role::from_name(name),
            None => self.default_role,
        }
        .ok_or(Reason::Role)
    }
}

/// A user may not bear the name of a consumer: principal ids would be one.
fn check_subject(claims: &Claims<'_>) -> Result<(), Reason> {
    match claims.sub.as_deref() {
        Some(sub) if !sub.starts_with("consumer:") => Ok(()),
        _ => Err(Reason::Subject),
    }
}
