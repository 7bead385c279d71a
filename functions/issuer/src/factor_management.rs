//! A user begins, confirms, renews and removes the own second factor.
//!
//! What begins or ends one needs the password again; what ends one or its codes
//! needs the factor too.

use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    bearer::Account,
    factor::{Enrolment, FactorSecret},
    issuer::{Fault, Issuer},
    origin::Origin,
    otp::Otp,
    reauthentication::Reauthentication,
    recovery_codes::RecoveryCodes,
    second_factor::{FactorProof, Tried},
};

/// The answer to a change of a second factor.
#[derive(Debug)]
pub(crate) enum FactorAnswer<T> {
    Done(T),
    Refused(FactorRefusal),
}

/// Why a second factor was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FactorRefusal {
    WrongPassword,
    /// Or used already.
    WrongOtp,
    TooMany {
        retry_after_secs: u64,
    },
    /// There is a confirmed one already.
    Confirmed,
    /// There is none: no confirmed one, or none that could be confirmed.
    NoFactor,
    /// The user's role must have one.
    Required,
}

impl FactorRefusal {
    const fn name(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::WrongOtp => "invalid_otp",
            Self::TooMany { .. } => "too_many_attempts",
            Self::Confirmed => "confirmed_already",
            Self::NoFactor => "no_factor",
            Self::Required => "required",
        }
    }
}

impl Issuer {
    /// Begins a factor that is pending until a code confirms it.
    pub(crate) async fn begin_factor(
        &self,
        account: &Account,
        password: Zeroizing<String>,
        origin: &Origin,
    ) -> Result<FactorAnswer<Enrolment>, Fault> {
        let user = &account.user;
        let event = own_event(account, Action::FactorBegun, origin);
        let checked = self.check_password_again(user, password, Action::FactorBegun, origin).await?;
        if let Err(refusal) = right(&checked) {
            return Ok(FactorAnswer::Refused(refusal));
        }
        let secret = FactorSecret::new()?;
        if !self.store.begin_factor(&user.id, &secret, &event, self.now()).await? {
            return Ok(FactorAnswer::Refused(FactorRefusal::Confirmed));
        }
        event.log(&self.metrics);
        Ok(FactorAnswer::Done(self.enrolment(user, secret)))
    }

    /// Confirms the pending factor with a code of it.
    pub(crate) async fn confirm_factor(
        &self,
        account: &Account,
        otp: Otp,
        origin: &Origin,
    ) -> Result<FactorAnswer<RecoveryCodes>, Fault> {
        let user = &account.user;
        let event = own_event(account, Action::FactorConfirmed, origin);
        let tried = match self.store.factor(&user.id).await? {
            Some(factor) if factor.is_confirmed() => {
                return Ok(FactorAnswer::Refused(FactorRefusal::Confirmed));
            }
            Some(factor) if factor.is_pending(self.now()) => self.try_pending(user, factor, otp).await?,
            _ => return Ok(FactorAnswer::Refused(FactorRefusal::NoFactor)),
        };
        let new = match shown(tried) {
            Ok(new) => new,
            Err(refusal) => return self.refuse_factor(event, refusal).await,
        };
        let sid = &account.session.sid;
        if !self.store.confirm_factor(&user.id, sid, &new, &event, self.now()).await? {
            return self.refuse_factor(event, FactorRefusal::WrongOtp).await;
        }
        event.log(&self.metrics);
        Ok(FactorAnswer::Done(new.codes))
    }

    /// Gives out new recovery codes; the ones before are void.
    pub(crate) async fn renew_recovery_codes(
        &self,
        account: &Account,
        password: Zeroizing<String>,
        otp: Otp,
        origin: &Origin,
    ) -> Result<FactorAnswer<RecoveryCodes>, Fault> {
        let event = own_event(account, Action::RecoveryCodesRenewed, origin);
        let proof = match self.show_both(account, password, otp, &event).await? {
            Ok(proof) => proof,
            Err(refusal) => return self.refuse_factor(event, refusal).await,
        };
        let codes = RecoveryCodes::new()?;
        let (user_id, now) = (&account.user.id, self.now());
        if !self.store.renew_recovery_codes(user_id, &proof, &codes, &event, now).await? {
            return self.refuse_factor(event, FactorRefusal::WrongOtp).await;
        }
        event.log(&self.metrics);
        Ok(FactorAnswer::Done(codes))
    }

    /// Removes the factor, where the user's role can do without.
    pub(crate) async fn remove_factor(
        &self,
        account: &Account,
        password: Zeroizing<String>,
        otp: Otp,
        origin: &Origin,
    ) -> Result<FactorAnswer<()>, Fault> {
        let event = own_event(account, Action::FactorRemoved, origin);
        if self.factors.requires(account.user.role) {
            return Ok(FactorAnswer::Refused(FactorRefusal::Required));
        }
        let proof = match self.show_both(account, password, otp, &event).await? {
            Ok(proof) => proof,
            Err(refusal) => return self.refuse_factor(event, refusal).await,
        };
        if !self.store.remove_factor(&account.user.id, &proof, &event, self.now()).await? {
            return self.refuse_factor(event, FactorRefusal::WrongOtp).await;
        }
        event.log(&self.metrics);
        Ok(FactorAnswer::Done(()))
    }

    /// Asks for the password and for a confirmed factor.
    async fn show_both(
        &self,
        account: &Account,
        password: Zeroizing<String>,
        otp: Otp,
        event: &AuditEvent,
    ) -> Result<Result<FactorProof, FactorRefusal>, Fault> {
        let user = &account.user;
        let checked = self.check_password_again(user, password, event.action, &event.origin).await?;
        if let Err(refusal) = right(&checked) {
            return Ok(Err(refusal));
        }
        match self.store.factor(&user.id).await? {
            Some(factor) if factor.is_confirmed() => Ok(shown(self.try_otp(user, &factor, otp).await?)),
            _ => Ok(Err(FactorRefusal::NoFactor)),
        }
    }

    async fn refuse_factor<T>(
        &self,
        event: AuditEvent,
        refusal: FactorRefusal,
    ) -> Result<FactorAnswer<T>, Fault> {
        let refused = event.refused(refusal.name());
        match refusal {
            // Counted, so there cannot be many.
            FactorRefusal::WrongOtp => self.record(refused).await?,
            // Kept where the password was checked.
            FactorRefusal::WrongPassword => {}
            // To the log alone: whoever is logged in can have as many as they like.
            FactorRefusal::TooMany { .. }
            | FactorRefusal::Confirmed
            | FactorRefusal::NoFactor
            | FactorRefusal::Required => refused.log(&self.metrics),
        }
        Ok(FactorAnswer::Refused(refusal))
    }
}

fn own_event(account: &Account, action: Action, origin: &Origin) -> AuditEvent {
    AuditEvent::new(action, Actor::User(account.user.id.clone()), origin)
        .about(&account.user.id)
        .of_session(&account.session.sid)
}

fn right(checked: &Reauthentication) -> Result<(), FactorRefusal> {
    match checked {
        Reauthentication::Right(_) => Ok(()),
        Reauthentication::Wrong => Err(FactorRefusal::WrongPassword),
        Reauthentication::TooMany(wait) => Err(FactorRefusal::TooMany { retry_after_secs: wait.secs.into() }),
    }
}

fn shown<P>(tried: Tried<P>) -> Result<P, FactorRefusal> {
    match tried {
        Tried::Right(proof) => Ok(proof),
        Tried::Wrong => Err(FactorRefusal::WrongOtp),
        Tried::TooMany { retry_after_secs } => Err(FactorRefusal::TooMany { retry_after_secs }),
    }
}
