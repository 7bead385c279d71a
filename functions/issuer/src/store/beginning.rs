//! Beginning a session: whatever the login was checked against must still be so.

use token::Timestamp;

use super::{
    Credentials, Ending, Store, StoreError, Writing, audit::add_event, held::Hold, proofs::spend,
    sessions::to_column, throttle::add_success,
};
use crate::{
    audit::{Action, AuditEvent},
    password_hash::StoredHash,
    second_factor::FactorProof,
    session::{EndReason, MAX_SESSIONS, Session},
    throttle::Charge,
};

/// A login that has been checked, and against what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckedLogin<'a> {
    pub(crate) session: &'a Session,
    pub(crate) seen: &'a Credentials,
    /// A better hash, where the one that was seen is weak.
    pub(crate) stronger: Option<&'a StoredHash>,
    pub(crate) proof: &'a FactorProof,
    /// What was paid, to be given back.
    pub(crate) charge: &'a Charge,
    pub(crate) event: &'a AuditEvent,
    /// Of a factor that this login confirms.
    pub(crate) confirmed: Option<&'a AuditEvent>,
}

/// What became of a login.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// With what else has happened: sessions that had to make room.
    Began { ended: Vec<AuditEvent> },
    /// The user was disabled or deleted, or got another password or role, since
    /// the login was checked.
    UserChanged,
    /// What was shown of the second factor was used meanwhile, or the factor
    /// came or went.
    FactorChanged,
}

impl Store {
    pub(crate) async fn begin_session(&self, login: CheckedLogin<'_>) -> Result<Beginning, StoreError> {
        let (session, seen) = (login.session, login.seen);
        let now = session.started_at;
        let mut transaction = self.begin().await?;
        let held = self.hold_user(&mut transaction, &session.user_id, Hold::Alone).await?;
        let unchanged = held.is_some_and(|held| {
            held.user.is_enabled() && held.hash == seen.hash && held.user.role == seen.user.role
        });
        if !unchanged {
            return Ok(Beginning::UserChanged);
        }
        if !spend(&mut transaction, &session.user_id, login.proof, now).await? {
            return Ok(Beginning::FactorChanged);
        }
        let ended = make_room(&mut transaction, login.event, session, now).await?;
        insert(&mut transaction, session).await?;
        if let Some(stronger) = login.stronger {
            sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2")
                .bind(stronger.as_str())
                .bind(&session.user_id)
                .execute(&mut *transaction)
                .await?;
        }
        add_success(&mut transaction, login.charge, &session.user_id, now).await?;
        for event in [login.event].into_iter().chain(login.confirmed).chain(&ended) {
            add_event(&mut transaction, event, now).await?;
        }
        transaction.commit().await?;
        Ok(Beginning::Began { ended })
    }
}

/// Ends the oldest sessions of the user where there are as many as there may be.
/// Their revocations are left to whoever delivers what is left lying.
async fn make_room(
    transaction: &mut Writing,
    login: &AuditEvent,
    session: &Session,
    now: Timestamp,
) -> Result<Vec<AuditEvent>, StoreError> {
    let surplus: Vec<String> = sqlx::query_scalar(
        "SELECT sid FROM sessions \
         WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2 \
         ORDER BY started_at DESC, sid DESC LIMIT 1000 OFFSET $3",
    )
    .bind(&session.user_id)
    .bind(now.as_unix_secs())
    .bind(i64::from(MAX_SESSIONS - 1))
    .fetch_all(&mut **transaction)
    .await?;
    let mut ended = Vec::with_capacity(surplus.len());
    for sid in surplus {
        Ending::one(&session.user_id, &sid, EndReason::TooMany).carry_out(transaction, now, now).await?;
        let event = AuditEvent { action: Action::SessionEnded, ..login.clone() };
        ended.push(event.of_session(sid).because(EndReason::TooMany.name()));
    }
    Ok(ended)
}

async fn insert(transaction: &mut Writing, session: &Session) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (sid, user_id, generation, generation_began_at, started_at, last_used_at, \
         idle_expires_at, absolute_expires_at, factor_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&session.sid)
    .bind(&session.user_id)
    .bind(to_column(session.generation)?)
    .bind(session.generation_began_at.as_unix_secs())
    .bind(session.started_at.as_unix_secs())
    .bind(session.last_used_at.as_unix_secs())
    .bind(session.idle_expires_at.as_unix_secs())
    .bind(session.absolute_expires_at.as_unix_secs())
    .bind(session.factor_at.map(Timestamp::as_unix_secs))
    .bind(session.address.as_deref())
    .bind(session.user_agent.as_deref())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
