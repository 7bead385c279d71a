//! How many failed logins are let through, and for whom.
//!
//! A guess is paid for before its password is looked at, in the database that all
//! processes share, and gets its price back if it was right: however many come at
//! once, and whoever hangs up early, no more than the limits are hashed. Nothing
//! is ever closed for good: buckets leak. And an owner who comes from a familiar
//! address answers for own failures alone.

mod attempt;
mod bucket;
mod refusals;
mod turns;

use std::sync::Arc;

use token::Timestamp;

pub(crate) use self::{
    attempt::{AccountKey, Attempt, Levy, ThrottleKey},
    bucket::{Bucket, latest_count_ms},
    refusals::Refusals,
    turns::{OwnTurn, Turns},
};
use crate::{
    issuer::{Fault, Issuer},
    origin::Origin,
    store::Charged,
    tally::Tally,
    user::{User, Username},
};

/// How long an address stays familiar to a user who does not come from there.
pub(crate) const FAMILIAR_SECS: u64 = 30 * 86_400;

/// What the throttle works with.
#[derive(Debug)]
pub(crate) struct LoginThrottle {
    pub(crate) key: Arc<ThrottleKey>,
    pub(crate) refusals: Refusals,
    pub(crate) turns: Turns,
    /// Attempts that were turned away.
    pub(crate) turned_away: Tally,
}

/// What is known about an attempt before any work is done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Its user has logged in from there lately.
    Familiar,
    Unfamiliar,
    TooMany(Wait),
}

/// The answer to paying for an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Charging {
    Paid(Charge),
    TooMany(Wait),
}

/// How long until the next attempt, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) secs: u32,
}

/// What an attempt has paid, to be given back if it was right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) levies: Vec<Levy>,
    /// There have been too many failures for this account from unfamiliar
    /// addresses. The client is not told, and even the right password is wrong.
    pub(crate) locked: bool,
    /// The address that becomes familiar if the attempt was right.
    pub(crate) address: Option<String>,
}

impl LoginThrottle {
    pub(crate) fn new(key: Arc<ThrottleKey>) -> Self {
        Self { key, refusals: Refusals::default(), turns: Turns::default(), turned_away: Tally::default() }
    }
}

impl Issuer {
    /// Returns the attempt as the throttle knows it, `None` where that is off.
    pub(crate) fn attempt(&self, username: &Username, origin: &Origin) -> Option<Attempt> {
        let throttle = self.throttle.as_ref()?;
        Some(throttle.key.attempt(username, origin.address))
    }

    /// Returns how long an attempt has no chance, as far as is known without
    /// asking the database.
    pub(crate) fn remembers(&self, attempt: Option<&Attempt>) -> Option<Wait> {
        let (throttle, attempt) = self.throttle.as_ref().zip(attempt)?;
        let wait_ms = throttle.refusals.wait_ms(&attempt.pair(), millis(self.now()))?;
        Some(self.turn_away(throttle, wait_ms))
    }

    /// Looks whether an attempt has a chance, and writes nothing.
    pub(crate) async fn look(&self, attempt: Option<&Attempt>) -> Result<Look, Fault> {
        let (Some(throttle), Some(attempt)) = (&self.throttle, attempt) else {
            return Ok(Look::Familiar);
        };
        let now = self.now();
        let levels = self.store.throttle_levels(attempt, millis(now), now.minus(FAMILIAR_SECS)).await?;
        let wait_ms = levels
            .full
            .iter()
            .filter(|(bucket, _)| !levels.familiar || *bucket == Bucket::AccountAddress)
            .filter_map(|(bucket, empty_at)| bucket.limit().wait_ms(*empty_at, millis(now)))
            .max();
        match wait_ms {
            Some(wait_ms) => {
                throttle.refusals.remember(attempt.pair(), wait_ms, millis(now));
                Ok(Look::TooMany(self.turn_away(throttle, wait_ms)))
            }
            None if levels.familiar => Ok(Look::Familiar),
            None => Ok(Look::Unfamiliar),
        }
    }

    /// Waits until so few others of this account and address are under way that
    /// what they have paid is no reason to turn this one away.
    pub(crate) async fn turn(&self, attempt: Option<&Attempt>) -> Option<OwnTurn> {
        let (throttle, attempt) = self.throttle.as_ref().zip(attempt)?;
        Some(throttle.turns.take(attempt).await)
    }

    /// Makes an attempt pay, after a look and before its password is hashed.
    pub(crate) async fn charge(&self, attempt: Option<&Attempt>, familiar: bool) -> Result<Charging, Fault> {
        let (Some(throttle), Some(attempt)) = (&self.throttle, attempt) else {
            return Ok(Charging::Paid(Charge::default()));
        };
        let mut levies = attempt.levies(familiar);
        let locked = match self.store.charge(&levies, millis(self.now())).await? {
            Charged::All => false,
            Charged::ButTheAccount => {
                levies.retain(|levy| levy.bucket != Bucket::Account);
                true
            }
            // Others have taken the last room since the look.
            Charged::Nothing => {
                return Ok(Charging::TooMany(match self.look(Some(attempt)).await? {
                    Look::TooMany(wait) => wait,
                    Look::Familiar | Look::Unfamiliar => self.turn_away(throttle, 1000),
                }));
            }
        };
        Ok(Charging::Paid(Charge { levies, locked, address: Some(attempt.address.clone()) }))
    }

    /// Makes somebody who is logged in pay for typing the password once more.
    pub(crate) async fn charge_again(&self, user: &User, origin: &Origin) -> Result<Charging, Fault> {
        let Some(throttle) = &self.throttle else {
            return Ok(Charging::Paid(Charge::default()));
        };
        let levies = throttle.key.levies_of_user(&user.id, origin.address);
        let full = match self.store.charge(&levies, millis(self.now())).await? {
            Charged::All => return Ok(Charging::Paid(Charge { levies, ..Charge::default() })),
            Charged::ButTheAccount => Bucket::Account,
            Charged::Nothing => Bucket::AccountAddress,
        };
        Ok(Charging::TooMany(self.turn_away(throttle, full.limit().interval_ms())))
    }

    /// Gives back what was paid for an attempt that got no answer.
    pub(crate) async fn refund(&self, charge: &Charge) {
        if let Err(error) = self.store.refund(&charge.levies).await {
            tracing::warn!(%error, "counted a login as failed that got no answer");
        }
    }

    fn turn_away(&self, throttle: &LoginThrottle, wait_ms: i64) -> Wait {
        self.metrics.login_throttled();
        if let Some(count) = throttle.turned_away.add(self.moment()) {
            tracing::warn!(count, "turned logins away that came after too many failed ones");
        }
        let secs = wait_ms.saturating_add(999) / 1000;
        Wait { secs: u32::try_from(secs).unwrap_or(u32::MAX) }
    }
}

fn millis(at: Timestamp) -> i64 {
    at.as_unix_secs().saturating_mul(1000)
}
