//! Asking for a second factor, where a user has one or must have one.
//!
//! Asked only of who has shown the right password: before that, nobody learns
//! whether there is one. Each try is counted before it is looked at, for the
//! account and not for the address, and what was shown is used up in the
//! transaction of what it was shown for.

use token::Role;

use crate::{
    audit::{Action, Actor, AuditEvent},
    digest::SecretDigest,
    factor::{Enrolment, Factor, FactorSecret},
    issuer::{Fault, Issuer},
    origin::Origin,
    otp::Otp,
    recovery_codes::RecoveryCodes,
    session::Session,
    store::Try,
    user::User,
};

/// Which roles must have a second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FactorPolicy {
    pub(crate) required_of: Vec<Role>,
}

/// What a user showed besides the password: looked at, and not used up yet.
#[derive(Debug)]
pub(crate) enum FactorProof {
    /// There is no factor to ask for.
    NotAsked,
    /// The time step of a code.
    Step(u64),
    RecoveryCode(SecretDigest),
    /// A code of a pending factor, which is confirmed by it.
    Enrolled(NewFactor),
}

/// A pending factor of which its owner has shown a code.
#[derive(Debug)]
pub(crate) struct NewFactor {
    pub(crate) secret: FactorSecret,
    pub(crate) step: u64,
    pub(crate) codes: RecoveryCodes,
}

/// What a try came to.
#[derive(Debug)]
pub(crate) enum Tried<P> {
    Right(P),
    /// Or used already.
    Wrong,
    TooMany {
        retry_after_secs: u64,
    },
}

/// What there is to say about a second factor.
#[derive(Debug)]
pub(crate) enum FactorCheck {
    Shown(FactorProof),
    Lacking(FactorLack),
}

/// Why a second factor has not been shown.
#[derive(Debug)]
pub(crate) enum FactorLack {
    Missing,
    /// Or used already.
    Wrong,
    TooMany {
        retry_after_secs: u64,
    },
    /// The role asks for a factor, and there is a pending one only.
    MustEnrol(Enrolment),
}

impl FactorPolicy {
    pub(crate) fn requires(&self, role: Role) -> bool {
        self.required_of.contains(&role)
    }

    /// Whether a session was begun with less than the role of its user asks for:
    /// before the setting, before a higher role, or with a factor that has been
    /// removed since.
    pub(crate) fn asks_more_than(&self, session: &Session, user: &User) -> bool {
        self.requires(user.role) && session.factor_at.is_none()
    }
}

impl FactorProof {
    pub(crate) fn recovery_codes(self) -> Option<RecoveryCodes> {
        match self {
            Self::Enrolled(new) => Some(new.codes),
            Self::NotAsked | Self::Step(_) | Self::RecoveryCode(_) => None,
        }
    }
}

impl<P> Tried<P> {
    fn map<Q>(self, with: impl FnOnce(P) -> Q) -> Tried<Q> {
        match self {
            Self::Right(proof) => Tried::Right(with(proof)),
            Self::Wrong => Tried::Wrong,
            Self::TooMany { retry_after_secs } => Tried::TooMany { retry_after_secs },
        }
    }
}

impl From<Tried<FactorProof>> for FactorCheck {
    fn from(tried: Tried<FactorProof>) -> Self {
        match tried {
            Tried::Right(proof) => Self::Shown(proof),
            Tried::Wrong => Self::Lacking(FactorLack::Wrong),
            Tried::TooMany { retry_after_secs } => Self::Lacking(FactorLack::TooMany { retry_after_secs }),
        }
    }
}

impl Issuer {
    /// Looks at what a user showed who has shown the right password.
    pub(crate) async fn check_factor(
        &self,
        user: &User,
        otp: Option<Otp>,
        origin: &Origin,
    ) -> Result<FactorCheck, Fault> {
        let factor = self.store.factor(&user.id).await?;
        let now = self.now();
        match (factor, otp) {
            (Some(factor), None) if factor.is_confirmed() => Ok(FactorCheck::Lacking(FactorLack::Missing)),
            (Some(factor), Some(otp)) if factor.is_confirmed() => {
                Ok(self.try_otp(user, &factor, otp).await?.into())
            }
            (_, _) if !self.factors.requires(user.role) => Ok(FactorCheck::Shown(FactorProof::NotAsked)),
            (Some(factor), Some(otp)) if factor.is_pending(now) => {
                Ok(self.try_pending(user, factor, otp).await?.map(FactorProof::Enrolled).into())
            }
            (_, _) => Ok(FactorCheck::Lacking(self.must_enrol(user, origin).await?)),
        }
    }

    /// Looks at what was shown of a confirmed factor.
    pub(crate) async fn try_otp(
        &self,
        user: &User,
        factor: &Factor,
        otp: Otp,
    ) -> Result<Tried<FactorProof>, Fault> {
        let now = self.now();
        if let Try::ComeBack { after_secs } = self.store.take_try(&user.id, now).await? {
            return Ok(Tried::TooMany { retry_after_secs: after_secs });
        }
        let proof = match otp {
            Otp::Code(code) => factor.new_step_of(&code, now).map(FactorProof::Step),
            // Whether there is such a code shows when it is used up.
            Otp::RecoveryCode(code) => Some(FactorProof::RecoveryCode(code)),
            Otp::Neither => None,
        };
        Ok(proof.map_or(Tried::Wrong, Tried::Right))
    }

    /// Looks at the code that would confirm a pending factor.
    pub(crate) async fn try_pending(
        &self,
        user: &User,
        factor: Factor,
        otp: Otp,
    ) -> Result<Tried<NewFactor>, Fault> {
        let now = self.now();
        if let Try::ComeBack { after_secs } = self.store.take_try(&user.id, now).await? {
            return Ok(Tried::TooMany { retry_after_secs: after_secs });
        }
        let step = match otp {
            Otp::Code(code) => factor.new_step_of(&code, now),
            Otp::RecoveryCode(_) | Otp::Neither => None,
        };
        let Some(step) = step else {
            return Ok(Tried::Wrong);
        };
        Ok(Tried::Right(NewFactor { secret: factor.secret, step, codes: RecoveryCodes::new()? }))
    }

    /// Returns the pending factor of a user who needs one, the same for as long
    /// as it is pending: it may be in an authenticator already.
    async fn must_enrol(&self, user: &User, origin: &Origin) -> Result<FactorLack, Fault> {
        let event = AuditEvent::new(Action::FactorBegun, Actor::User(user.id.clone()), origin)
            .about(&user.id)
            .because("required");
        let fresh = FactorSecret::new()?;
        if self.store.begin_factor_unless_pending(&user.id, &fresh, &event, self.now()).await? {
            event.log(&self.metrics);
            return Ok(FactorLack::MustEnrol(self.enrolment(user, fresh)));
        }
        Ok(match self.store.factor(&user.id).await? {
            Some(factor) if !factor.is_confirmed() => {
                FactorLack::MustEnrol(self.enrolment(user, factor.secret))
            }
            // Confirmed, or the user deleted, in this very moment.
            _ => FactorLack::Missing,
        })
    }

    pub(crate) fn enrolment(&self, user: &User, secret: FactorSecret) -> Enrolment {
        Enrolment::new(secret, &self.pairs.minter.issuer, &user.username)
    }
}

#[cfg(test)]
mod tests {
    use token::Timestamp;

    use super::*;
    use crate::session::SessionLimits;

    #[test]
    fn a_session_without_a_factor_is_too_weak_for_a_role_that_needs_one() {
        let policy = FactorPolicy { required_of: vec![Role::Admin] };
        let at = Timestamp::from_unix_secs(0);
        let limits = SessionLimits { idle_secs: 1, absolute_secs: 1 };
        let weak = limits.begin("s".into(), "u".into(), &Origin::default(), at);
        let strong = Session { factor_at: Some(at), ..weak.clone() };
        let user = |role| User {
            id: "u".into(),
            username: "ada".into(),
            name: None,
            email: None,
            role,
            created_at: at,
            disabled_at: None,
        };
        assert!(policy.asks_more_than(&weak, &user(Role::Admin)));
        assert!(!policy.asks_more_than(&strong, &user(Role::Admin)));
        assert!(!policy.asks_more_than(&weak, &user(Role::Supervisor)));
        assert!(!FactorPolicy::default().asks_more_than(&weak, &user(Role::Admin)));
    }
}
