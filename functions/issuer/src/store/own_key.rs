//! The issuer's own keys: one signs refresh tokens, one hides what was typed.
//!
//! Each is made when it is first needed. Two processes that start at once end up
//! with the same one.

use token::{RefreshKey, Timestamp};
use zeroize::Zeroizing;

use super::{Store, StoreError};
use crate::throttle::ThrottleKey;

impl Store {
    /// Returns the stored key, or stores `fresh` where there is none yet.
    pub(crate) async fn refresh_key(
        &self,
        fresh: Zeroizing<[u8; 32]>,
        now: Timestamp,
    ) -> Result<RefreshKey, StoreError> {
        let bytes = self.own_key("refresh", fresh, now).await?;
        RefreshKey::new(&bytes).map_err(|_| StoreError::Unreadable("key"))
    }

    /// Likewise the key of the hashes in the throttle.
    pub(crate) async fn throttle_key(
        &self,
        fresh: Zeroizing<[u8; 32]>,
        now: Timestamp,
    ) -> Result<ThrottleKey, StoreError> {
        Ok(ThrottleKey::new(self.own_key("throttle", fresh, now).await?))
    }

    async fn own_key(
        &self,
        purpose: &str,
        fresh: Zeroizing<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO issuer_keys (purpose, bytes, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (purpose) DO NOTHING",
        )
        .bind(purpose)
        .bind(fresh.to_vec())
        .bind(now.as_unix_secs());
        self.write(statement).await?;
        let bytes: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM issuer_keys WHERE purpose = $1")
            .bind(purpose)
            .fetch_one(&self.pool)
            .await?;
        Ok(Zeroizing::new(bytes))
    }
}
