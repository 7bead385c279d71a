//! Sessions in the database.
//!
//! Every change names the state that it expects, so that of two that race one
//! changes nothing and finds out.

use sqlx::FromRow;
use token::Timestamp;
use tokio::time::Instant;

use super::{
    Store, StoreError,
    advances::{Advance, kept_at},
    audit::add_event,
    held::Hold,
    throttle::keep_familiar,
    users::UserRow,
};
use crate::{
    audit::AuditEvent,
    session::{MAX_SESSIONS, Session},
    user::User,
};

#[derive(FromRow)]
struct SessionRow {
    sid: String,
    user_id: String,
    generation: i64,
    generation_began_at: i64,
    started_at: i64,
    last_used_at: i64,
    idle_expires_at: i64,
    absolute_expires_at: i64,
    ended_at: Option<i64>,
    factor_at: Option<i64>,
    address: Option<String>,
    user_agent: Option<String>,
}

#[derive(FromRow)]
struct SessionOfUserRow {
    #[sqlx(flatten)]
    session: SessionRow,
    #[sqlx(flatten)]
    user: UserRow,
}

impl SessionRow {
    fn read(self) -> Result<Session, StoreError> {
        let at = Timestamp::from_unix_secs;
        Ok(Session {
            sid: self.sid,
            user_id: self.user_id,
            generation: u64::try_from(self.generation).map_err(|_| StoreError::Unreadable("generation"))?,
            generation_began_at: at(self.generation_began_at),
            started_at: at(self.started_at),
            last_used_at: at(self.last_used_at),
            idle_expires_at: at(self.idle_expires_at),
            absolute_expires_at: at(self.absolute_expires_at),
            ended_at: self.ended_at.map(at),
            factor_at: self.factor_at.map(at),
            address: self.address,
            user_agent: self.user_agent,
        })
    }
}

impl Store {
    /// Returns a session, ended or not, and its user, disabled or not.
    pub(crate) async fn session(&self, sid: &str) -> Result<Option<(Session, User)>, StoreError> {
        let row: Option<SessionOfUserRow> = sqlx::query_as(
            "SELECT sid, user_id, generation, generation_began_at, started_at, last_used_at, \
             idle_expires_at, absolute_expires_at, ended_at, factor_at, address, user_agent, \
             id, username, name, email, role, created_at, disabled_at \
             FROM sessions JOIN users ON users.id = sessions.user_id WHERE sid = $1",
        )
        .bind(sid)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((row.session.read()?, row.user.read()?))).transpose()
    }

    /// Returns the user's live sessions, the latest first.
    pub(crate) async fn live_sessions(
        &self,
        user_id: &str,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let rows: Vec<SessionRow> = sqlx::query_as(
            "SELECT sid, user_id, generation, generation_began_at, started_at, last_used_at, \
             idle_expires_at, absolute_expires_at, ended_at, factor_at, address, user_agent FROM sessions \
             WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2 \
             ORDER BY started_at DESC, sid DESC LIMIT $3",
        )
        .bind(user_id)
        .bind(now.as_unix_secs())
        .bind(i64::from(MAX_SESSIONS))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(SessionRow::read).collect()
    }

    /// Moves a session on to `next`, unless another refresh or a logout came
    /// first, or the user was disabled or got another role than `user` has.
    /// Returns whether it moved. `address` is that of the refresh, hashed, where
    /// familiar addresses are kept.
    pub(crate) async fn advance_session(
        &self,
        next: &Session,
        user: &User,
        address: Option<&str>,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let asked = Instant::now();
        if let Some(advances) = &self.advances {
            let together = advances.carry_out(Advance::new(next, asked, user, address, event)).await;
            if let Some(moved) = together {
                return Ok(moved);
            }
        }
        self.advance_alone(next, asked, user, address, event).await
    }

    async fn advance_alone(
        &self,
        next: &Session,
        asked: Instant,
        user: &User,
        address: Option<&str>,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let generation = to_column(next.generation)?;
        let mut transaction = self.begin().await?;
        let held = self.hold_user(&mut transaction, &user.id, Hold::Shared).await?;
        if !held.is_some_and(|held| held.user.is_enabled() && held.user.role == user.role) {
            return Ok(false);
        }
        let updated = sqlx::query(
            "UPDATE sessions SET generation = $1, generation_began_at = $2, last_used_at = $3, \
             idle_expires_at = $4, address = $5, user_agent = $6 \
             WHERE sid = $7 AND generation = $8 AND ended_at IS NULL",
        )
        .bind(generation)
        .bind(next.generation_began_at.as_unix_secs())
        .bind(kept_at(next, asked).as_unix_secs())
        .bind(next.idle_expires_at.as_unix_secs())
        .bind(next.address.as_deref())
        .bind(next.user_agent.as_deref())
        .bind(&next.sid)
        .bind(generation.saturating_sub(1))
        .execute(&mut *transaction)
        .await?;
        if updated.rows_affected() != 1 {
            return Ok(false);
        }
        if let Some(address) = address {
            keep_familiar(&mut transaction, &next.user_id, address, next.generation_began_at).await?;
        }
        add_event(&mut transaction, event, next.generation_began_at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes the sessions that are over, with a day to look at them. Whoever
    /// comes with a refresh token of one is refused as before.
    pub(crate) async fn drop_old_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM sessions \
             WHERE absolute_expires_at <= $1 OR idle_expires_at <= $1 OR ended_at <= $1",
        )
        .bind(now.minus(86_400).as_unix_secs());
        self.write(statement).await
    }
}

pub(super) fn to_column(generation: u64) -> Result<i64, StoreError> {
    i64::try_from(generation).map_err(|_| StoreError::Unreadable("generation"))
}
