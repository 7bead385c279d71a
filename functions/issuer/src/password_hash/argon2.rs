//! Argon2 (RFC 9106) as a PHC string: argon2id here, all three kinds and both
//! versions from elsewhere.

use ::argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};

use super::{HashError, HashRefused};
use crate::ids::random_bytes;

/// OWASP's parameters for argon2id: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const MAX_MEMORY_KIB: u32 = 131_072;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 16;

/// A hash that has been read.
pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

/// The memory that argon2 fills, kept from one hash to the next.
#[derive(Default)]
pub(crate) struct HashMemory(Vec<Block>);

/// Hashes `password` with today's parameters and a new salt.
pub(super) fn hash(password: &[u8], memory: &mut HashMemory) -> Result<String, HashError> {
    let salt: [u8; 16] = random_bytes()?;
    let length = Some(Params::DEFAULT_OUTPUT_LEN);
    let params = Params::new(MEMORY_KIB, PASSES, LANES, length).map_err(|_| HashError::Argon2)?;
    let phc = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| HashError::Argon2)?,
        salt: Some(Salt::new(&salt).map_err(|_| HashError::Argon2)?),
        hash: Some(memory.fill(Algorithm::Argon2id, Version::V0x13, params, password, &salt)?),
    };
    Ok(phc.to_string())
}

pub(super) fn todays_prefix() -> String {
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$")
}

pub(super) fn of_nobody() -> String {
    decoy(&todays_prefix(), Params::DEFAULT_OUTPUT_LEN)
}

/// A salt of 16 bytes, as most have, and an output that nothing leads to.
fn decoy(prefix: &str, output_bytes: usize) -> String {
    let zeros = "A".repeat((output_bytes * 8).div_ceil(6));
    format!("{prefix}bm9ib2R5J3MgcGFzc3dvcg${zeros}")
}

impl Argon2Hash {
    pub(super) fn read(text: &str) -> Result<Self, HashRefused> {
        let malformed = || HashRefused::Malformed;
        let phc = PasswordHash::new(text).map_err(|_| malformed())?;
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| HashRefused::Unknown)?;
        // The first version did not say which it was.
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| malformed())?;
        let params = Params::try_from(&phc).map_err(|_| malformed())?;
        let (Some(salt), Some(output)) = (phc.salt, phc.hash) else {
            return Err(malformed());
        };
        // A key or data of its own would have to be known here as well.
        if !params.keyid().is_empty() || !params.data().is_empty() {
            return Err(HashRefused::Unknown);
        }
        if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES || params.p_cost() > MAX_LANES {
            return Err(HashRefused::CostlyArgon2);
        }
        Ok(Self { algorithm, version, params, salt, output })
    }

    pub(super) fn fits(&self, password: &[u8], memory: &mut HashMemory) -> Result<bool, HashError> {
        let output = memory.fill(self.algorithm, self.version, self.params.clone(), password, &self.salt)?;
        // `Output` compares in constant time.
        Ok(output == self.output)
    }

    /// Whether anything about it is below what is made today.
    pub(super) fn is_weak(&self) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.params.m_cost() < MEMORY_KIB
            || self.params.t_cost() < PASSES
            || self.params.p_cost() < LANES
    }

    pub(super) fn decoy(&self) -> String {
        let (name, version) = (self.algorithm.as_str(), u32::from(self.version));
        let (memory, passes, lanes) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        decoy(&format!("${name}$v={version}$m={memory},t={passes},p={lanes}$"), self.output.len())
    }
}

impl HashMemory {
    fn fill(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        password: &[u8],
        salt: &[u8],
    ) -> Result<Output, HashError> {
        self.0.resize(params.block_count(), Block::new());
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(HashError::Unreadable)?;
        let filled = Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(password, salt, output, &mut self.0)
            .map_err(|_| HashError::Argon2);
        // What a hash from elsewhere needed beyond that is not kept.
        self.0.truncate(MEMORY_KIB as usize);
        self.0.shrink_to(MEMORY_KIB as usize);
        filled?;
        Output::new(output).map_err(|_| HashError::Argon2)
    }
}

#[cfg(test)]
mod tests {
    use ::argon2::{PasswordHasher, PasswordVerifier};

    use super::super::StoredHash;
    use super::*;

    fn hash(password: &[u8]) -> StoredHash {
        StoredHash::of(password, &mut HashMemory::default()).unwrap()
    }

    fn fits(hash: &StoredHash, password: &[u8]) -> Result<bool, HashError> {
        hash.fits(password, &mut HashMemory::default())
    }

    fn theirs(algorithm: Algorithm, version: Version, params: Params) -> String {
        let argon2 = Argon2::new(algorithm, version, params);
        argon2.hash_password_with_salt(b"correct horse", b"0123456789abcdef").unwrap().to_string()
    }

    #[test]
    fn a_hash_names_its_algorithm_and_parameters_and_differs_each_time() {
        let first = hash(b"correct horse");
        assert!(first.as_str().starts_with(&StoredHash::todays_prefix()));
        assert_eq!(StoredHash::todays_prefix(), "$argon2id$v=19$m=19456,t=2,p=1$");
        assert_ne!(hash(b"correct horse"), first);
        assert_eq!(format!("{first:?}"), "StoredHash(redacted)");
        assert_eq!(fits(&first, b"correct horse"), Ok(true));
        assert_eq!(fits(&first, b"correct horsf"), Ok(false));
        assert_eq!(fits(&first, b""), Ok(false));
        assert_eq!(first.is_weak(b"correct horse"), Ok(false));
    }

    #[test]
    fn the_memory_of_one_hash_does_not_show_in_the_next_and_does_not_grow() {
        let mut memory = HashMemory::default();
        let first = StoredHash::of(b"one", &mut memory).unwrap();
        let kept = memory.0.capacity();
        let second = StoredHash::of(b"two", &mut memory).unwrap();
        assert_eq!(first.fits(b"one", &mut memory), Ok(true));
        assert_eq!(second.fits(b"one", &mut memory), Ok(false));
        let larger = theirs(Algorithm::Argon2id, Version::V0x13, Params::new(65_536, 1, 1, None).unwrap());
        let larger = StoredHash::from_elsewhere(&larger).unwrap();
        assert_eq!(larger.fits(b"correct horse", &mut memory), Ok(true));
        assert_eq!(memory.0.capacity(), kept);
        assert_eq!(second.fits(b"two", &mut memory), Ok(true));
    }

    #[test]
    fn the_crates_own_front_end_agrees() {
        let ours = hash(b"correct horse");
        assert!(Argon2::default().verify_password(b"correct horse", ours.as_str()).is_ok());
        assert!(Argon2::default().verify_password(b"correct horsf", ours.as_str()).is_err());
    }

    #[test]
    fn all_kinds_from_elsewhere_are_checked_and_the_weaker_ones_renewed() {
        let params = || Params::new(19_456, 3, 2, Some(24)).unwrap();
        for (algorithm, version, weak) in [
            (Algorithm::Argon2id, Version::V0x13, false),
            (Algorithm::Argon2id, Version::V0x10, true),
            (Algorithm::Argon2i, Version::V0x13, true),
            (Algorithm::Argon2d, Version::V0x13, true),
        ] {
            let text = theirs(algorithm, version, params());
            let hash = StoredHash::from_elsewhere(&text).unwrap();
            assert_eq!(fits(&hash, b"correct horse"), Ok(true), "{text}");
            assert_eq!(fits(&hash, b"correct horsf"), Ok(false));
            assert_eq!(hash.is_weak(b"correct horse"), Ok(weak));
        }
        let unnamed = theirs(Algorithm::Argon2i, Version::V0x10, params()).replace("$v=16", "");
        assert_eq!(fits(&StoredHash::from_elsewhere(&unnamed).unwrap(), b"correct horse"), Ok(true));
    }

    // The command line tool of the reference implementation, as its tests give it.
    #[test]
    fn the_reference_implementation_agrees() {
        for text in [
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            let hash = StoredHash::from_elsewhere(text).unwrap();
            assert_eq!(fits(&hash, b"password"), Ok(true), "{text}");
        }
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs_and_fits_no_password() {
        let read = |hash: &StoredHash| Argon2Hash::read(hash.as_str()).unwrap();
        let (real, nobody) = (read(&hash(b"x")), read(&StoredHash::of_nobody()));
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.salt.len(), real.salt.len());
        assert_eq!(fits(&StoredHash::of_nobody(), b""), Ok(false));
        assert_eq!(hash(b"x").decoy().unwrap(), StoredHash::of_nobody());
    }

    #[test]
    fn what_costs_too_much_or_is_damaged_is_neither_right_nor_wrong() {
        let real = hash(b"x");
        for (from, to, refused) in [
            ("argon2id", "argon2ix", HashRefused::Unknown),
            ("v=19", "v=17", HashRefused::Malformed),
            ("m=19456", "m=131073", HashRefused::CostlyArgon2),
            ("t=2", "t=11", HashRefused::CostlyArgon2),
            ("p=1", "p=17", HashRefused::CostlyArgon2),
            ("p=1", "p=1,data=AAAA", HashRefused::Unknown),
            ("m=19456", "m=1", HashRefused::Malformed),
        ] {
            let odd = real.as_str().replace(from, to);
            assert_eq!(StoredHash::from_elsewhere(&odd), Err(refused), "{to}");
            assert_eq!(fits(&StoredHash::from_database(odd), b"x"), Err(HashError::Unreadable));
        }
        let (cut, _) = real.as_str().rsplit_once('$').unwrap();
        assert_eq!(StoredHash::from_elsewhere(cut), Err(HashRefused::Malformed));
    }
}
