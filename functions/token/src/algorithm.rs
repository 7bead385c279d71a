//! The signature algorithms there are: HMAC with SHA-2, and nothing else.

use std::fmt;

/// An HMAC algorithm of RFC 7518 section 3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    HS256,
    HS384,
    HS512,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::HS256, Self::HS384, Self::HS512];

    /// Returns the algorithm of that exact name. RFC 7515 section 4.1.1 makes
    /// the name case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }

    /// The shortest secret in bytes: the size of the hash (RFC 7518 section 3.2).
    pub const fn min_secret_bytes(self) -> usize {
        match self {
            Self::HS256 => 32,
            Self::HS384 => 48,
            Self::HS512 => 64,
        }
    }

    pub(crate) const fn for_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::HS256 => jsonwebtoken::Algorithm::HS256,
            Self::HS384 => jsonwebtoken::Algorithm::HS384,
            Self::HS512 => jsonwebtoken::Algorithm::HS512,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A non-empty set of algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlgorithmSet {
    allowed: [bool; 3],
}

impl AlgorithmSet {
    pub fn only(algorithm: Algorithm) -> Self {
        Self { allowed: Algorithm::ALL.map(|candidate| candidate == algorithm) }
    }

    /// Reads a comma list of names; `None` where one is unknown or there is none.
    pub fn parse(list: &str) -> Option<Self> {
        let mut allowed = [false; 3];
        for name in list.split(',').map(str::trim) {
            let wanted = Algorithm::from_name(name)?;
            for (slot, candidate) in allowed.iter_mut().zip(Algorithm::ALL) {
                *slot |= candidate == wanted;
            }
        }
        Some(Self { allowed })
    }

    pub fn contains(self, algorithm: Algorithm) -> bool {
        self.iter().any(|candidate| candidate == algorithm)
    }

    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().zip(self.allowed).filter_map(|(algorithm, yes)| yes.then_some(algorithm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_known_algorithms_only() {
        let set = AlgorithmSet::parse("HS256, HS512").unwrap();
        assert!(set.contains(Algorithm::HS256) && set.contains(Algorithm::HS512));
        assert!(!set.contains(Algorithm::HS384));
        for bad in ["", "none", "hs256", "HS256,", "RS256", "HS256,RS256"] {
            assert_eq!(AlgorithmSet::parse(bad), None, "{bad}");
        }
    }
}
