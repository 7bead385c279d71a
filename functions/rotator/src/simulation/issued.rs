//! A token under way, and the key that made it.

use token::{AccessClaims, Key, KeyRing, Minter, Role, Timestamp};

/// Issuer, audience and subject of every token here.
pub(super) const NAME: &str = "simulation";

#[derive(Debug)]
pub(super) struct Issued {
    pub(super) text: String,
    pub(super) key: Key,
    pub(super) exp: Timestamp,
}

impl Issued {
    /// Signs with whatever key `ring` has for it; `None` where it has none.
    pub(super) fn new(ring: &KeyRing, now: Timestamp, lifetime_secs: u64) -> Option<Self> {
        let key = ring.signing_key(now)?.clone();
        let exp = now.plus(lifetime_secs);
        let claims = AccessClaims {
            sub: NAME.into(),
            username: None,
            name: None,
            email: None,
            role: Role::User,
            sid: None,
            jti: NAME.into(),
            issued_at: now,
            expires_at: exp,
        };
        let minter = Minter { issuer: NAME.into(), audience: vec![NAME.into()] };
        Some(Self { text: minter.mint(&claims, ring, now)?, key, exp })
    }
}
