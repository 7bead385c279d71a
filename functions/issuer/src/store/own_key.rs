//! The issuer's own key, with which it signs refresh tokens.
//!
//! Made at the first start. Two processes that start at once end up with the
//! same one.

use token::{RefreshKey, Timestamp};
use zeroize::Zeroizing;

use super::{Store, StoreError};

const PURPOSE: &str = "refresh";

impl Store {
    /// Returns the stored key, or stores `fresh` where there is none yet.
    pub(crate) async fn refresh_key(
        &self,
        fresh: Zeroizing<[u8; 32]>,
        now: Timestamp,
    ) -> Result<RefreshKey, StoreError> {
        sqlx::query(
            "INSERT INTO issuer_keys (purpose, bytes, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (purpose) DO NOTHING",
        )
        .bind(PURPOSE)
        .bind(fresh.to_vec())
        .bind(now.as_unix_secs())
        .execute(&self.pool)
        .await?;
        let bytes: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM issuer_keys WHERE purpose = $1")
            .bind(PURPOSE)
            .fetch_one(&self.pool)
            .await?;
        RefreshKey::new(&Zeroizing::new(bytes)).map_err(|_| StoreError::Unreadable("key"))
    }
}
