//! One password hash: argon2id, as a PHC string.

use std::fmt;

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};

use crate::ids::{NoRandomness, random_bytes};

/// OWASP's parameters for argon2id: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most that a stored hash may ask for. Whoever writes hashes into the
/// database must not be able to exhaust the machine with one login.
const MAX_MEMORY_KIB: u32 = 131_072;
const MAX_PASSES: u32 = 10;

/// A password hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredHash(String);

/// The memory that argon2 fills, kept from one hash to the next.
#[derive(Default)]
pub(crate) struct HashMemory(Vec<Block>);

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

struct Parts {
    params: Params,
    salt: Salt,
    output: Output,
}

impl StoredHash {
    /// Hashes `password` with today's parameters and a new salt.
    pub(crate) fn of(password: &[u8], memory: &mut HashMemory) -> Result<Self, HashError> {
        let salt: [u8; 16] = random_bytes()?;
        let length = Some(Params::DEFAULT_OUTPUT_LEN);
        let params = Params::new(MEMORY_KIB, PASSES, LANES, length).map_err(|_| HashError::Argon2)?;
        let phc = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| HashError::Argon2)?,
            salt: Some(Salt::new(&salt).map_err(|_| HashError::Argon2)?),
            hash: Some(memory.fill(params, password, &salt)?),
        };
        Ok(Self(phc.to_string()))
    }

    /// A hash that no password has, to be checked where there is no user: as
    /// much work as a real one.
    pub(crate) fn of_nobody() -> Self {
        Self(format!(
            "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$\
             bm9ib2R5J3Mgc2FsdCBhdCBhbGw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        ))
    }

    pub(crate) fn from_database(phc: String) -> Self {
        Self(phc)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a hash of `password`.
    pub(crate) fn fits(&self, password: &[u8], memory: &mut HashMemory) -> Result<bool, HashError> {
        let Parts { params, salt, output } = self.parts()?;
        // `Output` compares in constant time.
        Ok(memory.fill(params, password, &salt)? == output)
    }

    /// Whether any parameter is below today's.
    pub(crate) fn is_weak(&self) -> Result<bool, HashError> {
        let params = self.parts()?.params;
        Ok(params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES || params.p_cost() < LANES)
    }

    fn parts(&self) -> Result<Parts, HashError> {
        let phc = PasswordHash::new(&self.0).map_err(|_| HashError::Unreadable)?;
        let params = Params::try_from(&phc).map_err(|_| HashError::Unreadable)?;
        let ours = phc.algorithm == ARGON2ID_IDENT
            && phc.version == Some(Version::V0x13.into())
            && params.m_cost() <= MAX_MEMORY_KIB
            && params.t_cost() <= MAX_PASSES;
        match (phc.salt, phc.hash) {
            (Some(salt), Some(output)) if ours => Ok(Parts { params, salt, output }),
            _ => Err(HashError::Unreadable),
        }
    }
}

impl HashMemory {
    fn fill(&mut self, params: Params, password: &[u8], salt: &[u8]) -> Result<Output, HashError> {
        self.0.resize(params.block_count(), Block::new());
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(HashError::Unreadable)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, output, &mut self.0)
            .map_err(|_| HashError::Argon2)?;
        Output::new(output).map_err(|_| HashError::Argon2)
    }
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredHash(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    fn hash(password: &[u8]) -> StoredHash {
        StoredHash::of(password, &mut HashMemory::default()).unwrap()
    }

    fn fits(hash: &StoredHash, password: &[u8]) -> Result<bool, HashError> {
        hash.fits(password, &mut HashMemory::default())
    }

    #[test]
    fn a_hash_names_its_algorithm_and_parameters_and_differs_each_time() {
        let first = hash(b"correct horse");
        assert!(first.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash(b"correct horse"), first);
        assert_eq!(format!("{first:?}"), "StoredHash(redacted)");
        assert_eq!(fits(&first, b"correct horse"), Ok(true));
        assert_eq!(fits(&first, b"correct horsf"), Ok(false));
        assert_eq!(fits(&first, b""), Ok(false));
    }

    #[test]
    fn the_memory_of_one_hash_does_not_show_in_the_next() {
        let mut memory = HashMemory::default();
        let first = StoredHash::of(b"one", &mut memory).unwrap();
        let second = StoredHash::of(b"two", &mut memory).unwrap();
        assert_eq!(first.fits(b"one", &mut memory), Ok(true));
        assert_eq!(second.fits(b"one", &mut memory), Ok(false));
        assert_eq!(second.fits(b"two", &mut memory), Ok(true));
    }

    #[test]
    fn the_crates_own_front_end_agrees() {
        let ours = hash(b"correct horse");
        assert!(Argon2::default().verify_password(b"correct horse", ours.as_str()).is_ok());
        assert!(Argon2::default().verify_password(b"correct horsf", ours.as_str()).is_err());
        let theirs: PasswordHash =
            Argon2::default().hash_password_with_salt(b"x", b"0123456789abcdef").unwrap();
        assert_eq!(fits(&StoredHash(theirs.to_string()), b"x"), Ok(true));
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs_and_fits_no_password() {
        let (real, nobody) = (hash(b"x").parts().unwrap(), StoredHash::of_nobody().parts().unwrap());
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.salt.len() > 15, real.salt.len() > 15);
        assert_eq!(fits(&StoredHash::of_nobody(), b""), Ok(false));
    }

    #[test]
    fn a_hash_that_is_none_of_ours_is_neither_right_nor_wrong() {
        let real = hash(b"x");
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("m=19456", "m=999999"),
            ("t=2", "t=11"),
            ("$argon2id", "argon2id"),
        ] {
            let odd = StoredHash(real.as_str().replace(from, to));
            assert_eq!(fits(&odd, b"x"), Err(HashError::Unreadable), "{to}");
        }
    }
}
