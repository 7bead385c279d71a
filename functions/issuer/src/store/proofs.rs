//! What was shown of a second factor: counted before it is looked at, and used
//! up in the transaction of what it is shown for.

use token::Timestamp;

use super::{Store, StoreError, Writing};
use crate::{
    recovery_codes::RecoveryCodes,
    second_factor::{FactorProof, NewFactor},
};

/// How long it takes until one more try is given.
const SECS_PER_TRY: u64 = 300;

/// How many tries there are at once.
const TRIES: u64 = 5;

/// The answer to somebody who wants to try an `otp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Try {
    /// One less is left.
    Given,
    ComeBack {
        after_secs: u64,
    },
}

impl Store {
    /// Takes one try, before the `otp` is looked at. All who know the password
    /// share them: where they come from says nothing.
    pub(crate) async fn take_try(&self, user_id: &str, now: Timestamp) -> Result<Try, StoreError> {
        // The moment at which all tries are there again: each takes it further
        // away, and no more is given than fit between now and then.
        let latest = now.plus(SECS_PER_TRY * (TRIES - 1));
        let statement = sqlx::query(
            "UPDATE totp_factors SET tries_over_at = \
             CASE WHEN tries_over_at > $1 THEN tries_over_at ELSE $1 END + $2 \
             WHERE user_id = $3 AND tries_over_at <= $4",
        )
        .bind(now.as_unix_secs())
        .bind(to_column(SECS_PER_TRY)?)
        .bind(user_id)
        .bind(latest.as_unix_secs());
        let taken = self.write(statement).await?;
        if taken == 1 {
            return Ok(Try::Given);
        }
        let over_at: Option<i64> =
            sqlx::query_scalar("SELECT tries_over_at FROM totp_factors WHERE user_id = $1")
                .bind(user_id)
                .fetch_optional(&self.pool)
                .await?;
        // A factor that has just gone leaves nothing to try, and nothing to guess.
        let over_at = over_at.map_or(latest, Timestamp::from_unix_secs);
        Ok(Try::ComeBack { after_secs: over_at.secs_since(latest).max(1) })
    }
}

/// Uses up what was shown, where it is still good. The user's row must be held.
pub(super) async fn spend(
    transaction: &mut Writing,
    user_id: &str,
    proof: &FactorProof,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let spent = match proof {
        FactorProof::NotAsked => return has_no_factor(transaction, user_id).await,
        FactorProof::Enrolled(new) => return confirm(transaction, user_id, new, now).await,
        FactorProof::Step(step) => {
            sqlx::query(
                "UPDATE totp_factors SET last_step = $1 \
                 WHERE user_id = $2 AND confirmed_at IS NOT NULL AND last_step < $1",
            )
            .bind(to_column(*step)?)
            .bind(user_id)
            .execute(&mut **transaction)
            .await?
        }
        FactorProof::RecoveryCode(code) => {
            sqlx::query(
                "UPDATE recovery_codes SET used_at = $1 \
                 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL",
            )
            .bind(now.as_unix_secs())
            .bind(user_id)
            .bind(code.as_str())
            .execute(&mut **transaction)
            .await?
        }
    };
    if spent.rows_affected() != 1 {
        return Ok(false);
    }
    give_try_back(transaction, user_id).await?;
    Ok(true)
}

/// Confirms a factor, where it is still that one and pending. The user's row
/// must be held.
pub(super) async fn confirm(
    transaction: &mut Writing,
    user_id: &str,
    new: &NewFactor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let confirmed = sqlx::query(
        "UPDATE totp_factors SET confirmed_at = $1, last_step = $2 \
         WHERE user_id = $3 AND confirmed_at IS NULL AND secret = $4",
    )
    .bind(now.as_unix_secs())
    .bind(to_column(new.step)?)
    .bind(user_id)
    .bind(new.secret.as_bytes().to_vec())
    .execute(&mut **transaction)
    .await?;
    if confirmed.rows_affected() != 1 {
        return Ok(false);
    }
    write_codes(transaction, user_id, &new.codes).await?;
    give_try_back(transaction, user_id).await?;
    Ok(true)
}

async fn has_no_factor(transaction: &mut Writing, user_id: &str) -> Result<bool, StoreError> {
    let confirmed: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL",
    )
    .bind(user_id)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(confirmed == 0)
}

/// A try that was right is not counted: only its own, so that whoever guesses
/// beside the owner gains nothing by the owner's logins.
async fn give_try_back(transaction: &mut Writing, user_id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE totp_factors SET tries_over_at = tries_over_at - $1 WHERE user_id = $2")
        .bind(to_column(SECS_PER_TRY)?)
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

pub(super) async fn write_codes(
    transaction: &mut Writing,
    user_id: &str,
    codes: &RecoveryCodes,
) -> Result<(), StoreError> {
    delete_codes(transaction, user_id).await?;
    for code in codes.digests() {
        sqlx::query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
            .bind(user_id)
            .bind(code.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

pub(super) async fn delete_codes(transaction: &mut Writing, user_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1")
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn to_column(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Unreadable("time step"))
}
