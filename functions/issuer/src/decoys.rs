//! What the password of an unknown user is checked against.
//!
//! Hashes from elsewhere take other times than today's. If unknown users all
//! cost one of today's, a refusal that takes longer would say that there is such
//! a user. So each unknown name is given a kind of hash by a keyed hash of the
//! name, the same each time, and as many names have each kind as users have it.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    issuer::Issuer, password_hash::StoredHash, store::StoreError, throttle::ThrottleKey, user::Username,
};

/// How many kinds of hashes from elsewhere are told apart, the ones met first.
const MAX_KINDS: usize = 64;

/// How many hashes are read at once.
const BATCH: u32 = 5000;

/// A hash for every name that no user has.
#[derive(Debug)]
pub(crate) struct Decoys {
    key: Arc<ThrottleKey>,
    shares: RwLock<Shares>,
}

/// How many users have which kind of hash.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    users: u64,
    /// Of the users above; the rest have today's kind.
    from_elsewhere: Vec<(StoredHash, u64)>,
}

impl Decoys {
    pub(crate) fn new(key: Arc<ThrottleKey>) -> Self {
        Self { key, shares: RwLock::default() }
    }

    /// Returns a hash that no password has, for somebody who is not there.
    pub(crate) fn decoy(&self, username: &Username) -> StoredHash {
        // Nothing under this lock can leave a half-written state behind.
        self.shares.read().unwrap_or_else(PoisonError::into_inner).pick(self.key.draw(username))
    }

    fn set(&self, shares: Shares) {
        *self.shares.write().unwrap_or_else(PoisonError::into_inner) = shares;
    }
}

impl Shares {
    /// Returns the kind of the user with the number `draw` of as many as there
    /// are numbers.
    fn pick(&self, draw: u64) -> StoredHash {
        let scaled = (u128::from(draw) * u128::from(self.users)) >> 64;
        let mut number = u64::try_from(scaled).unwrap_or(u64::MAX);
        for (kind, count) in &self.from_elsewhere {
            match number.checked_sub(*count) {
                None => return kind.clone(),
                Some(rest) => number = rest,
            }
        }
        StoredHash::of_nobody()
    }
}

impl Issuer {
    /// Counts the kinds of hashes that users have.
    pub(crate) async fn count_hash_kinds(&self) -> Result<(), StoreError> {
        let users = self.store.count_users().await?;
        let mut kinds = BTreeMap::new();
        let mut after = None;
        loop {
            let hashes = self.store.hashes_from_elsewhere(after.as_deref(), BATCH).await?;
            let Some((last, _)) = hashes.last() else { break };
            after = Some(last.clone());
            for (_, hash) in &hashes {
                // A hash that cannot be read lets nobody in and takes no time.
                let Ok(kind) = hash.decoy() else { continue };
                if kinds.len() < MAX_KINDS || kinds.contains_key(kind.as_str()) {
                    *kinds.entry(kind.as_str().to_owned()).or_insert(0) += 1;
                }
            }
        }
        let from_elsewhere =
            kinds.into_iter().map(|(kind, count)| (StoredHash::from_database(kind), count)).collect();
        self.decoys.set(Shares { users, from_elsewhere });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_unknown_names_have_a_kind_as_users_have_it() {
        let kind = |name: &str| StoredHash::from_database(name.to_owned());
        let shares = Shares { users: 8, from_elsewhere: vec![(kind("a"), 1), (kind("b"), 3)] };
        let drawn = |eighth: u64| shares.pick(eighth << 61);
        let today = StoredHash::of_nobody();
        let expected = [kind("a"), kind("b"), kind("b"), kind("b"), today.clone()];
        assert!(expected.iter().eq(&(0..5).map(drawn).collect::<Vec<_>>()));
        assert_eq!(shares.pick((1 << 61) - 1), kind("a"));
        assert_eq!(shares.pick(u64::MAX), today);
        assert_eq!(Shares::default().pick(u64::MAX), today);
    }
}
