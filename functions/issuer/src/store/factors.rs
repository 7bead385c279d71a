//! Second factors in the database.
//!
//! Every change of a factor holds its owner's row, so that a login sees all of
//! it or nothing.

use sqlx::FromRow;
use token::Timestamp;

use super::{
    Store, StoreError, Writing,
    audit::add_event,
    held::Hold,
    proofs::{confirm, delete_codes, spend, write_codes},
};
use crate::{
    audit::AuditEvent,
    factor::{Factor, FactorSecret, FactorState, PENDING_SECS},
    recovery_codes::RecoveryCodes,
    second_factor::{FactorProof, NewFactor},
};

#[derive(FromRow)]
struct FactorRow {
    secret: Vec<u8>,
    created_at: i64,
    confirmed_at: Option<i64>,
    last_step: i64,
}

impl FactorRow {
    fn read(self) -> Result<Factor, StoreError> {
        let unreadable = || StoreError::Unreadable("second factor");
        let since = Timestamp::from_unix_secs(self.created_at);
        Ok(Factor {
            secret: FactorSecret::from_bytes(&self.secret).ok_or_else(unreadable)?,
            state: match self.confirmed_at {
                Some(_) => FactorState::Confirmed,
                None => FactorState::Pending { since },
            },
            last_step: u64::try_from(self.last_step).map_err(|_| unreadable())?,
        })
    }
}

impl Store {
    pub(crate) async fn factor(&self, user_id: &str) -> Result<Option<Factor>, StoreError> {
        let row: Option<FactorRow> = sqlx::query_as(
            "SELECT secret, created_at, confirmed_at, last_step FROM totp_factors WHERE user_id = $1",
        )
        .bind(user_id)
        .fetch_optional(&self.pool)
        .await?;
        row.map(FactorRow::read).transpose()
    }

    /// Begins a factor in place of any that is pending. Returns whether it
    /// began: where one is confirmed it does not.
    pub(crate) async fn begin_factor(
        &self,
        user_id: &str,
        secret: &FactorSecret,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.begin_factor_unless_newer(user_id, secret, event, now, now).await
    }

    /// The same, unless one has been pending for less than it may be.
    pub(crate) async fn begin_factor_unless_pending(
        &self,
        user_id: &str,
        secret: &FactorSecret,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.begin_factor_unless_newer(user_id, secret, event, now, now.minus(PENDING_SECS)).await
    }

    async fn begin_factor_unless_newer(
        &self,
        user_id: &str,
        secret: &FactorSecret,
        event: &AuditEvent,
        now: Timestamp,
        stale: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if self.hold_user(&mut transaction, user_id, Hold::Alone).await?.is_none() {
            return Ok(false);
        }
        let begun = sqlx::query(
            "INSERT INTO totp_factors (user_id, secret, created_at, last_step, tries_over_at) \
             VALUES ($1, $2, $3, 0, 0) ON CONFLICT (user_id) DO UPDATE SET \
             secret = excluded.secret, created_at = excluded.created_at, last_step = 0 \
             WHERE totp_factors.confirmed_at IS NULL AND totp_factors.created_at <= $4",
        )
        .bind(user_id)
        .bind(secret.as_bytes().to_vec())
        .bind(now.as_unix_secs())
        .bind(stale.as_unix_secs())
        .execute(&mut *transaction)
        .await?;
        if begun.rows_affected() != 1 {
            return Ok(false);
        }
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Confirms a pending factor, and notes that the session of its owner has
    /// one. Returns whether it was still that one and pending.
    pub(crate) async fn confirm_factor(
        &self,
        user_id: &str,
        sid: &str,
        new: &NewFactor,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        self.hold_user(&mut transaction, user_id, Hold::Alone).await?;
        if !confirm(&mut transaction, user_id, new, now).await? {
            return Ok(false);
        }
        sqlx::query("UPDATE sessions SET factor_at = $1 WHERE sid = $2 AND user_id = $3")
            .bind(now.as_unix_secs())
            .bind(sid)
            .bind(user_id)
            .execute(&mut *transaction)
            .await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives a user new recovery codes; the ones before are void. Returns
    /// whether the proof was still good.
    pub(crate) async fn renew_recovery_codes(
        &self,
        user_id: &str,
        proof: &FactorProof,
        codes: &RecoveryCodes,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        self.hold_user(&mut transaction, user_id, Hold::Alone).await?;
        if !spend(&mut transaction, user_id, proof, now).await? {
            return Ok(false);
        }
        write_codes(&mut transaction, user_id, codes).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a factor for somebody who has shown it. Returns whether the proof
    /// was still good.
    pub(crate) async fn remove_factor(
        &self,
        user_id: &str,
        proof: &FactorProof,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        self.hold_user(&mut transaction, user_id, Hold::Alone).await?;
        if !spend(&mut transaction, user_id, proof, now).await? {
            return Ok(false);
        }
        delete_factor(&mut transaction, user_id).await?;
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a factor whose owner cannot show it any more, pending or not.
    /// Returns whether there was one.
    pub(crate) async fn reset_factor(
        &self,
        user_id: &str,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        self.hold_user(&mut transaction, user_id, Hold::Alone).await?;
        if !delete_factor(&mut transaction, user_id).await? {
            return Ok(false);
        }
        add_event(&mut transaction, event, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Sessions that were begun with the factor are no better than others now.
async fn delete_factor(transaction: &mut Writing, user_id: &str) -> Result<bool, StoreError> {
    delete_codes(transaction, user_id).await?;
    let deleted = sqlx::query("DELETE FROM totp_factors WHERE user_id = $1")
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("UPDATE sessions SET factor_at = NULL WHERE user_id = $1")
        .bind(user_id)
        .execute(&mut **transaction)
        .await?;
    Ok(deleted.rows_affected() == 1)
}
