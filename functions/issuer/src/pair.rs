//! The two tokens that a session gives out.
//!
//! A pair follows from the session's row alone, to the letter: nothing in it is
//! random and nothing depends on when it is asked for. So a refresh can be
//! answered twice without storing a token.

use std::fmt;

use token::{AccessClaims, KeyRing, Minter, RefreshGrant, RefreshKey, Timestamp};

use crate::{ids::time_ordered_id, session::Session, user::User};

/// An access token and the refresh token for the next pair.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenPair {
    pub(crate) access_token: String,
    pub(crate) access_expires_at: Timestamp,
    pub(crate) refresh_token: String,
    pub(crate) refresh_expires_at: Timestamp,
}

/// Makes pairs for one issuer.
#[derive(Debug)]
pub(crate) struct PairMaker {
    pub(crate) minter: Minter,
    pub(crate) refresh_key: RefreshKey,
    pub(crate) access_token_secs: u64,
}

impl PairMaker {
    /// Returns the pair of the session's current generation, or `None` where
    /// no key may sign.
    ///
    /// The profile is today's: where it changed within the replay grace, the
    /// replay carries the new one. The same holds for a key ring that lost its
    /// signing key meanwhile.
    pub(crate) fn pair(&self, user: &User, session: &Session, keys: &KeyRing) -> Option<TokenPair> {
        let began_at = session.generation_began_at;
        let access_expires_at = began_at.plus(self.access_token_secs).min(session.absolute_expires_at);
        let claims = AccessClaims {
            sub: user.id.clone(),
            username: Some(user.username.clone()),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role,
            sid: Some(session.sid.clone()),
            jti: self.access_jti(session),
            issued_at: began_at,
            expires_at: access_expires_at,
        };
        let grant = RefreshGrant {
            sub: user.id.clone(),
            sid: session.sid.clone(),
            generation: session.generation,
            issued_at: began_at,
            expires_at: session.idle_expires_at,
        };
        Some(TokenPair {
            access_token: self.minter.mint(&claims, keys, began_at)?,
            access_expires_at,
            refresh_token: self.refresh_key.mint(&self.minter.issuer, &grant)?,
            refresh_expires_at: session.idle_expires_at,
        })
    }

    fn access_jti(&self, session: &Session) -> String {
        let derived = self.refresh_key.derived_bytes("access jti", &session.sid, session.generation);
        let bits = derived.first_chunk().copied().unwrap_or_default();
        time_ordered_id(session.generation_began_at, bits)
    }
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenPair(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use token::{Algorithm, AlgorithmSet, Key, Role};

    use super::*;
    use crate::{origin::Origin, session::SessionLimits};

    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn maker() -> PairMaker {
        PairMaker {
            minter: Minter { issuer: "https://auth.example.com".into(), audience: vec!["chatbot".into()] },
            refresh_key: RefreshKey::new(&[3; 32]).unwrap(),
            access_token_secs: 1800,
        }
    }

    fn ring(sign_from: Option<Timestamp>) -> KeyRing {
        let algorithms = AlgorithmSet::only(Algorithm::HS256);
        let key = Key::new(Some("k".into()), algorithms, &[1; 32]).unwrap();
        KeyRing::new(vec![key.with_times(sign_from, None)]).unwrap()
    }

    fn user() -> User {
        User {
            id: "u1".into(),
            username: "ada".into(),
            name: None,
            email: None,
            role: Role::User,
            created_at: NOON,
            disabled_at: None,
        }
    }

    fn session() -> Session {
        let limits = SessionLimits { idle_secs: 3600, absolute_secs: 7200 };
        limits.begin("s1".into(), "u1".into(), &Origin::default(), NOON)
    }

    #[test]
    fn a_pair_is_made_again_to_the_letter_and_the_next_one_differs() {
        let pair = maker().pair(&user(), &session(), &ring(None)).unwrap();
        assert_eq!(maker().pair(&user(), &session(), &ring(None)).unwrap(), pair);

        let mut next = session();
        next.generation = 1;
        let next = maker().pair(&user(), &next, &ring(None)).unwrap();
        assert_ne!(next.access_token, pair.access_token);
        assert_ne!(next.refresh_token, pair.refresh_token);
        assert_eq!(format!("{pair:?}"), "TokenPair(redacted)");
    }

    #[test]
    fn no_access_token_outlives_its_session() {
        let mut session = session();
        session.absolute_expires_at = NOON.plus(60);
        let pair = maker().pair(&user(), &session, &ring(None)).unwrap();
        assert_eq!(pair.access_expires_at, NOON.plus(60));
    }

    #[test]
    fn no_pair_without_a_key_whose_time_has_come() {
        let early = ring(Some(NOON.plus(1)));
        assert_eq!(maker().pair(&user(), &session(), &early), None);
    }
}
