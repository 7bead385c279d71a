//! The buckets of failed logins, and the addresses that users are known to come
//! from.
//!
//! A failure is counted in one statement, which looks and writes at once: of
//! many that race for the last room one gets it, on both databases.

use serde::Serialize;
use sqlx::FromRow;
use token::Timestamp;

use super::{
    Store, StoreError, Writing,
    advances::{Advance, to_json},
    audit::add_event,
};
use crate::{
    audit::AuditEvent,
    throttle::{AccountKey, Attempt, Bucket, Charge, FAMILIAR_SECS, Levy, latest_count_ms},
};

/// How many familiar addresses a user keeps, the latest.
const MAX_FAMILIAR: i64 = 32;

/// A use of a familiar address that follows another within this time is not
/// worth a write.
const FAMILIAR_AGAIN_SECS: u64 = 86_400;

/// How many rows are removed in one statement: nobody waits long for it.
const SWEEP_BATCH: u32 = 1000;

/// What a bucket says that will be empty later than this was written by a clock
/// that was wrong.
const LONGEST_FULL_MS: i64 = 2 * 3_600_000;

/// What there is to know about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Levels {
    /// When the buckets will be empty that can turn it away.
    pub(crate) full: Vec<(Bucket, i64)>,
    /// Whether the user has logged in from there lately.
    pub(crate) familiar: bool,
}

/// What was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charged {
    All,
    /// The bucket of the account is full, which must not show.
    ButTheAccount,
    /// Another bucket is full, and nothing was written.
    Nothing,
}

#[derive(FromRow)]
struct LevelsRow {
    address: Option<i64>,
    site: Option<i64>,
    account_address: Option<i64>,
    familiar: Option<i64>,
}

#[derive(Serialize)]
struct FamiliarRow {
    user_id: String,
    address_key: String,
    at: i64,
    again_from: i64,
    familiar_from: i64,
}

impl Store {
    /// Returns how full the buckets are that an attempt would be counted in.
    pub(crate) async fn throttle_levels(
        &self,
        attempt: &Attempt,
        now_ms: i64,
        familiar_since: Timestamp,
    ) -> Result<Levels, StoreError> {
        let row: LevelsRow = sqlx::query_as(
            "SELECT \
             (SELECT empty_at FROM login_throttle WHERE bucket = $1 AND key = $2 AND counted_at <= $9) \
             AS address, \
             (SELECT empty_at FROM login_throttle WHERE bucket = $3 AND key = $4 AND counted_at <= $9) \
             AS site, \
             (SELECT empty_at FROM login_throttle WHERE bucket = $5 AND key = $6 AND counted_at <= $9) \
             AS account_address, \
             (SELECT last_used_at FROM familiar_addresses JOIN users ON users.id = user_id \
             WHERE username_key = $7 AND address_key = $2 AND last_used_at > $8) AS familiar",
        )
        .bind(Bucket::Address.name())
        .bind(&attempt.address)
        .bind(Bucket::Site.name())
        .bind(attempt.site.as_deref())
        .bind(Bucket::AccountAddress.name())
        .bind(attempt.pair())
        .bind(attempt.username.key())
        .bind(familiar_since.as_unix_secs())
        .bind(latest_count_ms(now_ms))
        .fetch_one(&self.pool)
        .await?;
        let full = [
            (Bucket::Address, row.address),
            (Bucket::Site, row.site),
            (Bucket::AccountAddress, row.account_address),
        ];
        let full = full.into_iter().filter_map(|(bucket, empty_at)| Some((bucket, empty_at?))).collect();
        Ok(Levels { full, familiar: row.familiar.is_some() })
    }

    /// Counts a failure in each of the buckets, or in none where one is full.
    pub(crate) async fn charge(&self, levies: &[Levy], now_ms: i64) -> Result<Charged, StoreError> {
        let mut transaction = self.begin_behind().await?;
        let mut charged = Charged::All;
        for levy in levies {
            let limit = levy.bucket.limit();
            let paid: Option<i64> = sqlx::query_scalar(
                "INSERT INTO login_throttle (bucket, key, empty_at, counted_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (bucket, key) DO UPDATE SET empty_at = \
                 CASE WHEN login_throttle.empty_at < $4 OR login_throttle.counted_at > $7 \
                 THEN $3 ELSE login_throttle.empty_at + $5 END, counted_at = \
                 CASE WHEN login_throttle.counted_at > $4 AND login_throttle.counted_at <= $7 \
                 THEN login_throttle.counted_at ELSE $4 END \
                 WHERE login_throttle.empty_at <= $6 OR login_throttle.counted_at > $7 RETURNING empty_at",
            )
            .bind(levy.bucket.name())
            .bind(&levy.key)
            .bind(now_ms.saturating_add(limit.interval_ms()))
            .bind(now_ms)
            .bind(limit.interval_ms())
            .bind(limit.last_with_room(now_ms))
            .bind(latest_count_ms(now_ms))
            .fetch_optional(&mut *transaction)
            .await?;
            match (paid, levy.bucket) {
                (Some(_), _) => {}
                (None, Bucket::Account) => charged = Charged::ButTheAccount,
                (None, Bucket::Address | Bucket::Site | Bucket::AccountAddress) => {
                    transaction.rollback().await?;
                    return Ok(Charged::Nothing);
                }
            }
        }
        transaction.commit().await?;
        Ok(charged)
    }

    /// Takes failures back that were none.
    pub(crate) async fn refund(&self, levies: &[Levy]) -> Result<(), StoreError> {
        if levies.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_behind().await?;
        add_refund(&mut transaction, levies).await?;
        Ok(transaction.commit().await?)
    }

    /// Empties the buckets of an account.
    pub(crate) async fn unlock(
        &self,
        account: &AccountKey,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM login_throttle WHERE bucket = $1 AND key >= $2 AND key < $3")
            .bind(Bucket::AccountAddress.name())
            .bind(account.as_str())
            .bind(account.end_of_pairs())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM login_throttle WHERE bucket = $1 AND key = $2")
            .bind(Bucket::Account.name())
            .bind(account.as_str())
            .execute(&mut *transaction)
            .await?;
        add_event(&mut transaction, event, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the buckets that are empty, and the addresses that are not
    /// familiar any more.
    pub(crate) async fn sweep_throttle(&self, now: Timestamp) -> Result<(), StoreError> {
        let now_ms = now.as_unix_secs().saturating_mul(1000);
        // One bucket at a time and little at once: a login takes rows of
        // several, and neither may wait for the other.
        for bucket in Bucket::ALL {
            loop {
                let statement = sqlx::query(
                    "DELETE FROM login_throttle WHERE bucket = $1 AND (empty_at <= $2 OR empty_at > $3) \
                     AND key IN (SELECT key FROM login_throttle WHERE bucket = $1 \
                     AND (empty_at <= $2 OR empty_at > $3) LIMIT $4)",
                )
                .bind(bucket.name())
                .bind(now_ms)
                .bind(now_ms.saturating_add(LONGEST_FULL_MS))
                .bind(i64::from(SWEEP_BATCH));
                let removed = self.write(statement).await?;
                if removed < u64::from(SWEEP_BATCH) {
                    break;
                }
            }
        }
        let statement = sqlx::query("DELETE FROM familiar_addresses WHERE last_used_at <= $1")
            .bind(now.minus(FAMILIAR_SECS).as_unix_secs());
        self.write(statement).await?;
        let statement = sqlx::query(
            "DELETE FROM familiar_addresses WHERE (user_id, address_key) IN \
             (SELECT user_id, address_key FROM (SELECT user_id, address_key, ROW_NUMBER() OVER \
             (PARTITION BY user_id ORDER BY last_used_at DESC, address_key) AS place \
             FROM familiar_addresses) AS placed WHERE place > $1)",
        )
        .bind(MAX_FAMILIAR);
        self.write(statement).await?;
        Ok(())
    }
}

#[cfg(test)]
impl Store {
    /// How many buckets, familiar addresses and events there are.
    pub(crate) async fn count_rows(&self) -> [i64; 3] {
        let count = async |query| sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap();
        [
            count("SELECT COUNT(*) FROM login_throttle").await,
            count("SELECT COUNT(*) FROM familiar_addresses").await,
            count("SELECT COUNT(*) FROM audit_events").await,
        ]
    }
}

/// Gives an attempt back what it paid, and makes its address familiar, in the
/// transaction that grants it.
pub(super) async fn add_success(
    transaction: &mut Writing,
    charge: &Charge,
    user_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    add_refund(transaction, &charge.levies).await?;
    let Some(address) = &charge.address else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO familiar_addresses (user_id, address_key, last_used_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, address_key) DO UPDATE SET last_used_at = excluded.last_used_at",
    )
    .bind(user_id)
    .bind(address)
    .bind(now.as_unix_secs())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Keeps an address familiar that a session is used from. It does not become so:
/// a refresh token says less about whoever has it than a password.
pub(super) async fn keep_familiar(
    transaction: &mut Writing,
    user_id: &str,
    address: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE familiar_addresses SET last_used_at = $1 \
         WHERE user_id = $2 AND address_key = $3 AND last_used_at <= $4 AND last_used_at > $5",
    )
    .bind(now.as_unix_secs())
    .bind(user_id)
    .bind(address)
    .bind(now.minus(FAMILIAR_AGAIN_SECS).as_unix_secs())
    .bind(now.minus(FAMILIAR_SECS).as_unix_secs())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The same for several at once, on SQLite.
pub(super) async fn keep_all_familiar(
    transaction: &mut Writing,
    advances: impl Iterator<Item = &Advance>,
) -> Result<(), StoreError> {
    let row = |advance: &Advance| {
        Some(FamiliarRow {
            user_id: advance.next.user_id.clone(),
            address_key: advance.address.clone()?,
            at: advance.at().as_unix_secs(),
            again_from: advance.at().minus(FAMILIAR_AGAIN_SECS).as_unix_secs(),
            familiar_from: advance.at().minus(FAMILIAR_SECS).as_unix_secs(),
        })
    };
    let rows: Vec<_> = advances.filter_map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE familiar_addresses SET last_used_at = used.value ->> 'at' FROM json_each($1) AS used \
         WHERE user_id = used.value ->> 'user_id' AND address_key = used.value ->> 'address_key' \
         AND last_used_at <= used.value ->> 'again_from' AND last_used_at > used.value ->> 'familiar_from'",
    )
    .bind(to_json(&rows)?)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn add_refund(transaction: &mut Writing, levies: &[Levy]) -> Result<(), StoreError> {
    for levy in levies {
        sqlx::query("UPDATE login_throttle SET empty_at = empty_at - $1 WHERE bucket = $2 AND key = $3")
            .bind(levy.bucket.limit().interval_ms())
            .bind(levy.bucket.name())
            .bind(&levy.key)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}
