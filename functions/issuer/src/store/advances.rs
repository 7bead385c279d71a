//! Moving sessions on, all at once that wait for it.
//!
//! What was answered must survive a power cut, so each commit of SQLite's waits
//! for the disk, and each statement for the thread that SQLite runs on. A refresh
//! that came alone would pay for all of that; those that came while a transaction
//! was under way share the next one. Each is answered after the commit that holds
//! it, and none depends on another: where a transaction fails, all of it is undone
//! and each goes its own way, as it does on PostgreSQL. Whoever gave up before the
//! transaction began is left out: a token that is spent without an answer may cost a
//! session.

use std::{collections::HashSet, mem};

use serde::Serialize;
use token::{Role, Timestamp};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    Store, StoreError, audit::add_events, sessions::to_column, throttle::keep_all_familiar, writing::Writing,
};
use crate::{audit::AuditEvent, session::Session, user::User};

/// How many share a transaction at most: whoever writes something else waits for it.
const AT_ONCE: usize = 64;

/// A session that is to move on, and what is kept with it.
#[derive(Debug)]
pub(super) struct Advance {
    pub(super) next: Session,
    /// `next` is of this moment.
    asked: Instant,
    user_id: String,
    role: Role,
    /// Of the refresh, hashed, where familiar addresses are kept.
    pub(super) address: Option<String>,
    pub(super) event: AuditEvent,
}

/// Where sessions that are to move on wait for each other.
#[derive(Debug, Clone)]
pub(super) struct Advances(mpsc::UnboundedSender<Waiting>);

#[derive(Debug)]
struct Waiting {
    advance: Advance,
    /// Whether it moved.
    moved: oneshot::Sender<bool>,
}

/// A session's columns after the move, and the user that it was decided for.
#[derive(Serialize)]
struct AdvanceRow<'a> {
    sid: &'a str,
    generation: i64,
    generation_began_at: i64,
    last_used_at: i64,
    idle_expires_at: i64,
    address: Option<&'a str>,
    user_agent: Option<&'a str>,
    user_id: &'a str,
    role: &'static str,
}

impl Advance {
    pub(super) fn new(
        next: &Session,
        asked: Instant,
        user: &User,
        address: Option<&str>,
        event: &AuditEvent,
    ) -> Self {
        Self {
            next: next.clone(),
            asked,
            user_id: user.id.clone(),
            role: user.role,
            address: address.map(str::to_owned),
            event: event.clone(),
        }
    }

    /// When the refresh happened.
    pub(super) fn at(&self) -> Timestamp {
        self.next.generation_began_at
    }

    fn row(&self) -> Result<AdvanceRow<'_>, StoreError> {
        let next = &self.next;
        Ok(AdvanceRow {
            sid: &next.sid,
            generation: to_column(next.generation)?,
            generation_began_at: next.generation_began_at.as_unix_secs(),
            last_used_at: kept_at(next, self.asked).as_unix_secs(),
            idle_expires_at: next.idle_expires_at.as_unix_secs(),
            address: next.address.as_deref(),
            user_agent: next.user_agent.as_deref(),
            user_id: &self.user_id,
            role: self.role.name(),
        })
    }
}

/// When a move is kept that was asked for at a moment, and is now.
pub(super) fn kept_at(next: &Session, asked: Instant) -> Timestamp {
    next.last_used_at.plus(asked.elapsed().as_secs())
}

impl Advances {
    /// Waits until the transaction is over that `advance` was part of, and returns
    /// whether it moved; `None` where that cannot be told.
    pub(super) async fn carry_out(&self, advance: Advance) -> Option<bool> {
        let (moved, answer) = oneshot::channel();
        self.0.send(Waiting { advance, moved }).ok()?;
        answer.await.ok()
    }
}

impl Store {
    /// The same store, on which sessions move on together.
    pub(super) fn advancing_together(mut self) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let store = self.clone();
        // Not by whoever asks: a client that hangs up must not take the others
        // with it. It ends when nobody can ask any more.
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while !waiting.is_empty() || receiver.recv_many(&mut waiting, AT_ONCE).await > 0 {
                store.advance_waiting(one_of_each(&mut waiting)).await;
            }
        });
        self.advances = Some(Advances(sender));
        self
    }

    async fn advance_waiting(&self, waiting: Vec<Waiting>) {
        // Not told, each tries for itself and learns what is wrong.
        let Ok(transaction) = self.begin().await else { return };
        // Nobody waits for the others any more.
        let waiting = waiting.into_iter().filter(|one| !one.moved.is_closed());
        let (advances, answers): (Vec<_>, Vec<_>) =
            waiting.map(|Waiting { advance, moved }| (advance, moved)).unzip();
        let Ok(moved) = advance_all(transaction, &advances).await else { return };
        for (advance, answer) in advances.iter().zip(answers) {
            // Somebody may have hung up meanwhile.
            let _told = answer.send(moved.contains(&advance.next.sid));
        }
    }
}

/// Moves those sessions on that can, in one transaction, and returns their ids.
/// No two may be of one session.
async fn advance_all(mut transaction: Writing, advances: &[Advance]) -> Result<HashSet<String>, StoreError> {
    let rows: Vec<_> = advances.iter().map(Advance::row).collect::<Result<_, _>>()?;
    // Whoever writes is alone: the user that is read is the user at the commit.
    let moved: Vec<String> = sqlx::query_scalar(
        "UPDATE sessions SET generation = next.value ->> 'generation', \
         generation_began_at = next.value ->> 'generation_began_at', \
         last_used_at = next.value ->> 'last_used_at', \
         idle_expires_at = next.value ->> 'idle_expires_at', \
         address = next.value ->> 'address', user_agent = next.value ->> 'user_agent' \
         FROM json_each($1) AS next CROSS JOIN users \
         WHERE sessions.sid = next.value ->> 'sid' \
         AND sessions.generation = (next.value ->> 'generation') - 1 AND sessions.ended_at IS NULL \
         AND users.id = next.value ->> 'user_id' AND users.role = next.value ->> 'role' \
         AND users.disabled_at IS NULL RETURNING sid",
    )
    .bind(to_json(&rows)?)
    .fetch_all(&mut *transaction)
    .await?;
    let moved: HashSet<_> = moved.into_iter().collect();
    if !moved.is_empty() {
        let advances = || advances.iter().filter(|advance| moved.contains(&advance.next.sid));
        keep_all_familiar(&mut transaction, advances()).await?;
        add_events(&mut transaction, advances().map(|advance| (&advance.event, advance.at()))).await?;
        transaction.commit().await?;
    }
    Ok(moved)
}

/// Takes the first of each session. Of two that race, the other looks again after
/// the first.
fn one_of_each(waiting: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut sids = HashSet::new();
    let (first, rest) =
        mem::take(waiting).into_iter().partition(|one| sids.insert(one.advance.next.sid.clone()));
    *waiting = rest;
    first
}

/// Rows as SQLite takes them, in one parameter.
pub(super) fn to_json(rows: &[impl Serialize]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|_| StoreError::Unreadable("row"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{
        audit::{Action, Actor},
        origin::Origin,
        session::SessionLimits,
        store::DatabaseUrl,
    };

    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
    const LIMITS: SessionLimits = SessionLimits { idle_secs: 1000, absolute_secs: 9000 };

    /// A store of a test, with the enabled user `u`, the disabled `d` and the
    /// administrator `a`.
    async fn store(name: &str) -> (Store, PathBuf) {
        let folder = std::env::temp_dir().join(format!("latchkey-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("issuer.db").display());
        let store = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
        for (id, role, disabled_at) in [("u", "USER", None), ("d", "USER", Some(1)), ("a", "ADMIN", None)] {
            let statement = sqlx::query(
                "INSERT INTO users (id, username, username_key, role, password_hash, created_at, disabled_at) \
                 VALUES ($1, $1, $1, $2, 'x', 0, $3)",
            );
            store.write(statement.bind(id).bind(role).bind(disabled_at)).await.unwrap();
        }
        (store, folder)
    }

    /// Begins a session and returns what it would move on to.
    async fn begin(store: &Store, sid: &str, user_id: &str) -> Session {
        let begun = LIMITS.begin(sid.to_owned(), user_id.to_owned(), &Origin::default(), NOON);
        let statement = sqlx::query(
            "INSERT INTO sessions (sid, user_id, generation, generation_began_at, started_at, last_used_at, \
             idle_expires_at, absolute_expires_at) VALUES ($1, $2, 0, $3, $3, $3, $4, $5)",
        )
        .bind(sid)
        .bind(user_id)
        .bind(NOON.as_unix_secs())
        .bind(begun.idle_expires_at.as_unix_secs())
        .bind(begun.absolute_expires_at.as_unix_secs());
        store.write(statement).await.unwrap();
        let origin = Origin {
            address: Some("192.0.2.7".parse().unwrap()),
            user_agent: Some("7 \"\\' é\u{1f511}".to_owned()),
            request_id: Some("12".to_owned()),
        };
        LIMITS.advance(&begun, &origin, NOON.plus(60))
    }

    fn user(id: &str) -> User {
        User {
            id: id.to_owned(),
            username: id.to_owned(),
            name: None,
            email: None,
            role: Role::User,
            created_at: NOON,
            disabled_at: None,
        }
    }

    fn event(sid: &str) -> AuditEvent {
        let origin = Origin { request_id: Some("r".to_owned()), ..Origin::default() };
        AuditEvent::new(Action::Refresh, Actor::User("u".to_owned()), &origin).about("u").of_session(sid)
    }

    async fn generation(store: &Store, sid: &str) -> u64 {
        store.session(sid).await.unwrap().unwrap().0.generation
    }

    #[tokio::test]
    async fn of_those_that_come_together_each_moves_for_itself() {
        let (store, folder) = store("advances").await;
        let mut nexts = Vec::new();
        for (sid, user_id) in [("good", "u"), ("ended", "u"), ("stale", "u"), ("off", "d"), ("raised", "a")] {
            nexts.push(begin(&store, sid, user_id).await);
        }
        store.write(sqlx::query("UPDATE sessions SET ended_at = 1 WHERE sid = 'ended'")).await.unwrap();
        store.write(sqlx::query("UPDATE sessions SET generation = 5 WHERE sid = 'stale'")).await.unwrap();
        let familiar = "INSERT INTO familiar_addresses VALUES ('u', $1, $2)";
        for (address, used_at) in [("here", 100_000), ("elsewhere", 100_000), ("forgotten", 90 * 86_400)] {
            let used_at = NOON.minus(used_at).as_unix_secs();
            store.write(sqlx::query(familiar).bind(address).bind(used_at)).await.unwrap();
        }
        let advance = |next: &Session| {
            Advance::new(next, Instant::now(), &user(&next.user_id), Some("here"), &event(&next.sid))
        };
        let advances: Vec<_> = nexts.iter().map(advance).collect();
        let moved = advance_all(store.begin().await.unwrap(), &advances).await.unwrap();
        assert_eq!(moved, HashSet::from(["good".to_owned()]));
        let kept = store.session("good").await.unwrap().unwrap().0;
        assert!(kept.last_used_at >= nexts[0].last_used_at, "it may have waited");
        assert_eq!(Session { last_used_at: nexts[0].last_used_at, ..kept }, nexts[0]);
        for (sid, expected) in [("ended", 0), ("stale", 5), ("off", 0), ("raised", 0)] {
            assert_eq!(generation(&store, sid).await, expected, "{sid}");
        }
        let used: Vec<String> =
            sqlx::query_scalar("SELECT address_key FROM familiar_addresses WHERE last_used_at = $1")
                .bind(NOON.plus(60).as_unix_secs())
                .fetch_all(&store.pool)
                .await
                .unwrap();
        assert_eq!(used, ["here"]);
        let kept: Vec<_> = store.events(None, NOON, 10).await.unwrap();
        let sids: Vec<_> = kept.iter().map(|row| row.sid.as_deref()).collect();
        assert_eq!(sids, [Some("good")]);
        let again = advance_all(store.begin().await.unwrap(), &advances).await.unwrap();
        assert!(again.is_empty(), "no generation twice");
        store.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn who_gave_up_in_the_line_keeps_the_token() {
        let (store, folder) = store("advances-given-up").await;
        let (gone, here) = (begin(&store, "gone", "u").await, begin(&store, "here", "u").await);
        let ahead = store.begin().await.unwrap();
        let asking = tokio::spawn({
            let store = store.clone();
            async move { store.advance_session(&gone, &user("u"), None, &event("gone")).await }
        });
        // Until it waits for whoever is ahead.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        ahead.rollback().await.unwrap();
        assert!(store.advance_session(&here, &user("u"), None, &event("here")).await.unwrap());
        assert_eq!([generation(&store, "gone").await, generation(&store, "here").await], [0, 1]);
        store.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn an_event_is_kept_with_others_as_it_is_alone() {
        let (store, folder) = store("advances-events").await;
        let origin = Origin {
            address: Some("::ffff:192.0.2.7".parse().unwrap()),
            user_agent: None,
            request_id: Some("1\"2".to_owned()),
        };
        let event = AuditEvent::new(Action::Reuse, Actor::Nobody, &origin).refused("why");
        let event = event.about("7").of_session("8");
        store.keep_event(&event, NOON).await.unwrap();
        let mut transaction = store.begin().await.unwrap();
        add_events(&mut transaction, [(&event, NOON)].into_iter()).await.unwrap();
        transaction.commit().await.unwrap();
        let rows = store.events(None, NOON, 10).await.unwrap();
        let [with_others, alone] = rows.try_into().unwrap();
        assert_eq!(
            format!("{:?}", crate::store::AuditRow { id: alone.id, ..with_others }),
            format!("{alone:?}")
        );
        store.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn of_two_of_one_session_one_moves_it_and_a_failure_is_told_as_one() {
        let (store, folder) = store("advances-twice").await;
        let mut asked = tokio::task::JoinSet::new();
        let mut last = None;
        for number in 0..100 {
            let next = begin(&store, &format!("s{number}"), "u").await;
            for _ in 0..2 {
                let (store, next) = (store.clone(), next.clone());
                asked.spawn(async move {
                    let moved = store.advance_session(&next, &user("u"), None, &event(&next.sid)).await;
                    (next.sid, moved.unwrap())
                });
            }
            last = Some(next);
        }
        let told = asked.join_all().await;
        let moved: HashSet<_> = told.iter().filter(|(_, moved)| *moved).map(|(sid, _)| sid).collect();
        assert_eq!(moved.len(), 100, "each of them");
        assert_eq!(told.iter().filter(|(_, moved)| *moved).count(), 100, "and none twice");
        store.close().await;
        let next = last.unwrap();
        assert!(store.advance_session(&next, &user("u"), None, &event(&next.sid)).await.is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
