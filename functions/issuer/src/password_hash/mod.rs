//! Password hashes: those that are made here, argon2id with today's parameters,
//! and those that came from elsewhere and last until their owner's next login.
//!
//! Whoever writes hashes into the database must not be able to exhaust the
//! machine with one login: each kind has a most that it may ask for, when it is
//! imported and again when it is read.

mod argon2;
mod bcrypt;
mod pbkdf2;

use std::fmt;

pub(crate) use self::argon2::HashMemory;
use self::{argon2::Argon2Hash, bcrypt::BcryptHash, pbkdf2::Pbkdf2Hash};
use crate::ids::NoRandomness;

/// The longest text of a hash. All known kinds fit.
const MAX_BYTES: usize = 512;

/// A password hash as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredHash(String);

/// Why a password could not be hashed or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashError {
    #[error("argon2 failed")]
    Argon2,
    #[error("a stored hash is not one that can be checked")]
    Unreadable,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Why a hash from elsewhere cannot be used. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashRefused {
    #[error("the password hash is of no kind that is known here: argon2, bcrypt or PBKDF2")]
    Unknown,
    #[error("the password hash is damaged")]
    Malformed,
    #[error("the argon2 hash asks for more than 128 MiB, 10 passes or 16 lanes")]
    CostlyArgon2,
    #[error("the bcrypt hash asks for a cost above 14")]
    CostlyBcrypt,
    #[error("the PBKDF2 hash asks for more than 2,000,000 iterations")]
    CostlyPbkdf2,
}

/// A hash that has been read.
enum Parsed {
    Argon2(Argon2Hash),
    Bcrypt(BcryptHash),
    Pbkdf2(Pbkdf2Hash),
}

impl StoredHash {
    /// Hashes `password` with today's parameters and a new salt.
    pub(crate) fn of(password: &[u8], memory: &mut HashMemory) -> Result<Self, HashError> {
        argon2::hash(password, memory).map(Self)
    }

    /// A hash that no password has, to be checked where there is no user: as
    /// much work as one that is made today.
    pub(crate) fn of_nobody() -> Self {
        Self(argon2::of_nobody())
    }

    pub(crate) fn from_database(text: String) -> Self {
        Self(text)
    }

    /// Returns a hash that was made elsewhere, where it can be used.
    pub(crate) fn from_elsewhere(text: &str) -> Result<Self, HashRefused> {
        Parsed::read(text)?;
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// How today's hashes begin.
    pub(crate) fn todays_prefix() -> String {
        argon2::todays_prefix()
    }

    /// Returns a hash that no password has and that is as much work as this one.
    pub(crate) fn decoy(&self) -> Result<Self, HashError> {
        Ok(Self(match self.parsed()? {
            Parsed::Argon2(hash) => hash.decoy(),
            Parsed::Bcrypt(hash) => hash.decoy(),
            Parsed::Pbkdf2(hash) => hash.decoy(),
        }))
    }

    /// Whether this is a hash of `password`.
    pub(crate) fn fits(&self, password: &[u8], memory: &mut HashMemory) -> Result<bool, HashError> {
        match self.parsed()? {
            Parsed::Argon2(hash) => hash.fits(password, memory),
            Parsed::Bcrypt(hash) => Ok(hash.fits(password)),
            Parsed::Pbkdf2(hash) => Ok(hash.fits(password)),
        }
    }

    /// Whether `password`, which fits, should be hashed anew.
    pub(crate) fn is_weak(&self, password: &[u8]) -> Result<bool, HashError> {
        Ok(match self.parsed()? {
            Parsed::Argon2(hash) => hash.is_weak(),
            // What bcrypt has not looked at may be mistyped, and must not
            // become the password.
            Parsed::Bcrypt(_) => bcrypt::sees_all_of(password),
            Parsed::Pbkdf2(_) => true,
        })
    }

    fn parsed(&self) -> Result<Parsed, HashError> {
        Parsed::read(&self.0).map_err(|_| HashError::Unreadable)
    }
}

impl Parsed {
    fn read(text: &str) -> Result<Self, HashRefused> {
        if text.len() > MAX_BYTES {
            return Err(HashRefused::Malformed);
        }
        if text.starts_with("$argon2") {
            Argon2Hash::read(text).map(Self::Argon2)
        } else if text.starts_with("$2") {
            BcryptHash::read(text).map(Self::Bcrypt)
        } else if text.starts_with("$pbkdf2-") || text.starts_with("pbkdf2_") {
            Pbkdf2Hash::read(text).map(Self::Pbkdf2)
        } else {
            Err(HashRefused::Unknown)
        }
    }
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredHash(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_no_known_kind_is_refused_and_never_checked() {
        for unknown in [
            "",
            "password",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "$1$salt$hash",
            "$5$rounds=5000$salt$hash",
            "$6$salt$hash",
            "$scrypt$ln=16,r=8,p=1$salt$hash",
            "$pbkdf2$131000$salt$hash",
            "{SSHA}hash",
            "md5$salt$hash",
        ] {
            assert_eq!(StoredHash::from_elsewhere(unknown), Err(HashRefused::Unknown), "{unknown}");
            let stored = StoredHash::from_database(unknown.to_owned());
            assert_eq!(stored.fits(b"x", &mut HashMemory::default()), Err(HashError::Unreadable));
        }
        let long = format!("$argon2id${}", "x".repeat(MAX_BYTES));
        assert_eq!(StoredHash::from_elsewhere(&long), Err(HashRefused::Malformed));
    }

    #[test]
    fn a_decoy_is_of_the_same_kind_and_fits_nothing() {
        for text in [
            "$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHRzb21lc2FsdA$aJmE1WGJUjHdCq8HtQVUBA",
            "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$pbkdf2-sha512$i=10$c2FsdHNhbHQ$FCiGZ3PXs7dJcHaFAwsYjA",
            "pbkdf2_sha256$12$salt$FCiGZ3PXs7dJcHaFAwsYjA==",
        ] {
            let hash = StoredHash::from_elsewhere(text).unwrap();
            let decoy = hash.decoy().unwrap();
            assert_ne!(decoy, hash);
            assert_eq!(decoy.decoy().unwrap(), decoy, "one for each kind");
            assert_eq!(decoy.fits(b"", &mut HashMemory::default()), Ok(false));
        }
    }
}
