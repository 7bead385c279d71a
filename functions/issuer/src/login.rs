//! Logging in with username and password, and a second factor where there is one.
//!
//! Every login that fails for what was typed does the same work and gets the
//! same answer: whether the user is unknown or disabled, the password wrong or
//! the account locked, is for the audit only. Whether it is looked at at all is
//! for the throttle to say, before anything is hashed.

use std::{sync::Arc, time::Duration};

use token::KeyRing;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, AuditEvent},
    factor::Enrolment,
    hasher::{Busy, Checked, Place},
    ids::new_id,
    issuer::{Fault, Issuer},
    origin::Origin,
    otp::Otp,
    pair::TokenPair,
    password_hash::StoredHash,
    recovery_codes::RecoveryCodes,
    second_factor::{FactorCheck, FactorLack, FactorProof},
    session::Session,
    store::{Beginning, CheckedLogin, Credentials},
    throttle::{Charge, Charging, Look, Wait},
    user::{User, Username},
};

/// How long a login may wait for its turn and be hashed. Shorter than a request
/// may take, so that whoever gets no answer gets back what was paid.
const PATIENCE: Duration = Duration::from_secs(4);

/// The answer to a login.
#[derive(Debug)]
pub(crate) enum Login {
    Granted {
        pair: TokenPair,
        /// Of a second factor that this login confirmed.
        recovery_codes: Option<RecoveryCodes>,
    },
    /// For what was typed; why is in the audit.
    Refused,
    /// Not looked at: too many have failed before.
    TooMany(Wait),
    /// The password is right, and the second factor is still to be shown.
    OtpMissing,
    /// The password is right, and what was shown of the second factor is not, or
    /// was used already.
    OtpWrong,
    TooManyOtps {
        retry_after_secs: u64,
    },
    /// The password is right, and the user's role asks for a second factor.
    MustEnrol(Enrolment),
}

/// Why a login was refused, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginRefusal {
    UnknownUser,
    WrongPassword,
    Disabled,
    /// Too many failures from unfamiliar addresses, this one among them.
    Locked,
    /// Disabled, deleted, or given another password or role, while the login
    /// was checked.
    ChangedMeanwhile,
    OtpMissing,
    OtpWrong,
    TooManyOtps,
    MustEnrol,
}

impl LoginRefusal {
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::Locked => "locked",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::OtpMissing => "otp_required",
            Self::OtpWrong => "invalid_otp",
            Self::TooManyOtps => "too_many_attempts",
            Self::MustEnrol => "totp_enrolment_required",
        }
    }
}

/// What it takes for a login to be looked at.
struct Turn {
    place: Place,
    deadline: Instant,
    keys: Arc<KeyRing>,
}

/// Whom a login is for, and what was typed.
struct Attempted {
    credentials: Option<Credentials>,
    /// The hash of the password, or a decoy where there is nobody.
    stored: StoredHash,
    password: Zeroizing<String>,
    otp: Option<Otp>,
}

impl Issuer {
    /// Begins a session for whoever has that name and password.
    pub(crate) async fn log_in(
        &self,
        username: &Username,
        password: Zeroizing<String>,
        otp: Option<Otp>,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        let deadline = Instant::now() + PATIENCE;
        if origin.address.is_some_and(|address| self.proxies.trusted.contain(address)) {
            self.proxies.note_unnamed(self.moment());
        }
        let attempt = self.attempt(username, origin);
        if let Some(wait) = self.remembers(attempt.as_ref()) {
            return Ok(Login::TooMany(wait));
        }
        // Before the database is asked anything: a storm must not keep those
        // waiting who only refresh.
        let place = self.hasher.admit()?;
        let familiar = match self.look(attempt.as_ref()).await? {
            Look::Familiar => true,
            Look::Unfamiliar => false,
            Look::TooMany(wait) => return Ok(Login::TooMany(wait)),
        };
        // Before the hash: without a key there is nothing to log in for.
        let turn = Turn { place, deadline, keys: self.signing_keys().await? };
        let credentials = self.store.credentials(username).await?;
        let _own_turn =
            timeout_at(deadline, self.turn(attempt.as_ref())).await.map_err(|_| Fault::from(Busy))?;
        // Paid from here on, whether the client waits for the answer or not.
        let charge = match self.charge(attempt.as_ref(), familiar).await? {
            Charging::Paid(charge) => charge,
            Charging::TooMany(wait) => return Ok(Login::TooMany(wait)),
        };
        let stored = match &credentials {
            Some(known) => known.hash.clone(),
            None => self.decoys.decoy(username),
        };
        let attempt = Attempted { credentials, stored, password, otp };
        let login = self.check_login(attempt, turn, &charge, origin).await;
        // Granted, it is given back together with the session. Nor is a guess of
        // a password what else was not refused: codes are counted by themselves.
        if !matches!(login, Ok(Login::Granted { .. } | Login::Refused)) {
            self.refund(&charge).await;
        }
        login
    }

    async fn check_login(
        &self,
        Attempted { credentials, stored, password, otp }: Attempted,
        Turn { place, deadline, keys }: Turn,
        charge: &Charge,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        // To hash twice is a sign of a right password, which a disabled user
        // is not given, nor somebody whom the account is locked for.
        let renew = !charge.locked && credentials.as_ref().is_some_and(|known| known.user.is_enabled());
        let checked =
            timeout_at(deadline, place.check(password, Some(stored), renew)).await.map_err(|_| Busy)??;

        let refused = async |user: &User, reason| self.refuse_login(Some(user), reason, origin).await;
        let (seen, stronger) = match (credentials, checked) {
            (None, _) => return self.refuse_login(None, LoginRefusal::UnknownUser, origin).await,
            (Some(known), _) if charge.locked => return refused(&known.user, LoginRefusal::Locked).await,
            (Some(known), Checked::Wrong) => return refused(&known.user, LoginRefusal::WrongPassword).await,
            (Some(known), Checked::Right { .. }) if !known.user.is_enabled() => {
                return refused(&known.user, LoginRefusal::Disabled).await;
            }
            (Some(known), Checked::Right { stronger }) => (known, stronger),
        };

        let user = &seen.user;
        let proof = match self.check_factor(user, otp, origin).await? {
            FactorCheck::Shown(proof) => proof,
            FactorCheck::Lacking(lack) => return self.ask_for_factor(user, lack, origin).await,
        };
        let now = self.now();
        let shown = !matches!(proof, FactorProof::NotAsked);
        let session = Session {
            factor_at: shown.then_some(now),
            ..self.limits.begin(new_id(now)?, user.id.clone(), origin, now)
        };
        let pair = self.pairs.pair(user, &session, &keys).ok_or(Fault::NoSigningKey)?;
        let event = |action| {
            AuditEvent::new(action, Actor::User(user.id.clone()), origin)
                .about(&user.id)
                .of_session(&session.sid)
        };
        let event_of_login = event(Action::Login);
        let confirmed = matches!(proof, FactorProof::Enrolled(_)).then(|| event(Action::FactorConfirmed));
        let login = CheckedLogin {
            session: &session,
            seen: &seen,
            stronger: stronger.as_ref(),
            proof: &proof,
            charge,
            event: &event_of_login,
            confirmed: confirmed.as_ref(),
        };
        match self.store.begin_session(login).await? {
            Beginning::Began { ended } => {
                for event in [event_of_login].iter().chain(&confirmed).chain(&ended) {
                    event.log(&self.metrics);
                }
                Ok(Login::Granted { pair, recovery_codes: proof.recovery_codes() })
            }
            Beginning::UserChanged => refused(user, LoginRefusal::ChangedMeanwhile).await,
            Beginning::FactorChanged => {
                let lack = if shown { FactorLack::Wrong } else { FactorLack::Missing };
                self.ask_for_factor(user, lack, origin).await
            }
        }
    }

    /// Answers a right password without what else is needed.
    async fn ask_for_factor(&self, user: &User, lack: FactorLack, origin: &Origin) -> Result<Login, Fault> {
        let event = |reason: LoginRefusal| {
            AuditEvent::new(Action::Login, Actor::Nobody, origin).about(&user.id).refused(reason.name())
        };
        // To the log alone, but for what is counted: of these, whoever knows the
        // password can have as many as they like.
        Ok(match lack {
            FactorLack::Wrong => {
                self.record(event(LoginRefusal::OtpWrong)).await?;
                Login::OtpWrong
            }
            FactorLack::Missing => {
                event(LoginRefusal::OtpMissing).log(&self.metrics);
                Login::OtpMissing
            }
            FactorLack::TooMany { retry_after_secs } => {
                event(LoginRefusal::TooManyOtps).log(&self.metrics);
                Login::TooManyOtps { retry_after_secs }
            }
            FactorLack::MustEnrol(enrolment) => {
                event(LoginRefusal::MustEnrol).log(&self.metrics);
                Login::MustEnrol(enrolment)
            }
        })
    }

    async fn refuse_login(
        &self,
        user: Option<&User>,
        reason: LoginRefusal,
        origin: &Origin,
    ) -> Result<Login, Fault> {
        let mut event = AuditEvent::new(Action::Login, Actor::Nobody, origin).refused(reason.name());
        event.subject = user.map(|user| user.id.clone());
        self.record(event).await?;
        Ok(Login::Refused)
    }
}
