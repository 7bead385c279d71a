//! bcrypt, from elsewhere only: `$2a$`, `$2b$` and `$2y$`, which differ in bugs
//! that are long gone.
//!
//! bcrypt looks at 72 bytes. A longer password is compared by those, as whoever
//! made the hash did, and is not hashed anew: the rest was never checked. Most
//! implementations end a password at a zero byte, and with some others different
//! passwords with zero bytes are one, so a password with a zero byte never fits.

use ::argon2::password_hash::phc::Output;
use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::HashRefused;

const COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// How much of a password counts.
const SEEN_BYTES: usize = 72;

/// Some implementations leave bits in the last character that mean nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A hash that has been read.
pub(super) struct BcryptHash {
    cost: u32,
    salt: [u8; 16],
    output: Output,
}

/// Whether all of `password` counts.
pub(super) fn sees_all_of(password: &[u8]) -> bool {
    password.len() <= SEEN_BYTES
}

impl BcryptHash {
    pub(super) fn read(text: &str) -> Result<Self, HashRefused> {
        let (version, rest) = text.split_at_checked(4).ok_or(HashRefused::Malformed)?;
        // `$2x$` marks the hashes of a version that got characters beyond ASCII wrong.
        if !["$2a$", "$2b$", "$2y$"].contains(&version) {
            return Err(HashRefused::Unknown);
        }
        let (cost, rest) = rest.split_once('$').ok_or(HashRefused::Malformed)?;
        let (salt, output) = rest.split_at_checked(22).ok_or(HashRefused::Malformed)?;
        let two_digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost: u32 = cost.parse().ok().filter(|_| two_digits).ok_or(HashRefused::Malformed)?;
        if cost > *COSTS.end() {
            return Err(HashRefused::CostlyBcrypt);
        }
        let decode = |text: &str| BASE64.decode(text).map_err(|_| HashRefused::Malformed);
        let salt = decode(salt)?.try_into().map_err(|_| HashRefused::Malformed)?;
        let output = decode(output)?;
        if output.len() != 23 || !COSTS.contains(&cost) {
            return Err(HashRefused::Malformed);
        }
        let output = Output::new(&output).map_err(|_| HashRefused::Malformed)?;
        Ok(Self { cost, salt, output })
    }

    pub(super) fn fits(&self, password: &[u8]) -> bool {
        // The end of the password counts as a zero byte, as far as it is seen.
        let mut seen = Zeroizing::new([0; SEEN_BYTES]);
        seen.iter_mut().zip(password).for_each(|(to, from)| *to = *from);
        let length = (password.len() + 1).min(SEEN_BYTES);
        let output = ::bcrypt::bcrypt(self.cost, self.salt, seen.get(..length).unwrap_or(&*seen));
        // `Output` compares in constant time.
        let output = output.get(..23).and_then(|output| Output::new(output).ok());
        output.as_ref() == Some(&self.output) && !password.contains(&0)
    }

    /// Salt and output are zeros, which nothing leads to.
    pub(super) fn decoy(&self) -> String {
        format!("$2b${:02}${}", self.cost, ".".repeat(22 + 31))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HashError, HashMemory, StoredHash};
    use super::*;

    const LONG: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn fits(text: &str, password: &str) -> bool {
        let hash = StoredHash::from_elsewhere(text).unwrap();
        hash.fits(password.as_bytes(), &mut HashMemory::default()).unwrap()
    }

    // Published with the implementations of Openwall and jBCrypt.
    #[test]
    fn other_implementations_agree() {
        for (text, password) in [
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
            ("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"),
            ("$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", ""),
            ("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", LONG),
        ] {
            for version in ["$2a$", "$2b$", "$2y$"] {
                let text = text.replace("$2a$", version);
                assert!(fits(&text, password), "{text}");
                assert!(!fits(&text, &format!("x{password}")));
            }
        }
    }

    #[test]
    fn beyond_72_bytes_nothing_counts_and_nothing_is_renewed() {
        let text = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        let longer = format!("{LONG}chars after 72 are ignored");
        assert!(fits(text, &longer));
        assert!(!fits(text, &LONG[..71]));
        let hash = StoredHash::from_elsewhere(text).unwrap();
        assert_eq!(hash.is_weak(LONG.as_bytes()), Ok(true));
        assert_eq!(hash.is_weak(longer.as_bytes()), Ok(false));
    }

    #[test]
    fn a_zero_byte_never_fits() {
        let text = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
        for password in ["a\0", "a\0a", "a\0b", "\0a"] {
            assert!(!fits(text, password), "{password:?}");
        }
    }

    #[test]
    fn bits_that_mean_nothing_are_ignored() {
        let text = "$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        assert!(fits(text, "U*U"));
    }

    #[test]
    fn what_costs_too_much_or_is_damaged_is_refused() {
        let good = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        for (from, to, refused) in [
            ("$2a$", "$2x$", HashRefused::Unknown),
            ("$2a$", "$2$", HashRefused::Unknown),
            ("$05$", "$15$", HashRefused::CostlyBcrypt),
            ("$05$", "$31$", HashRefused::CostlyBcrypt),
            ("$05$", "$03$", HashRefused::Malformed),
            ("$05$", "$5$", HashRefused::Malformed),
            ("$05$", "$+5$", HashRefused::Malformed),
            ("$05$", "$$", HashRefused::Malformed),
            ("OeW", "Oe", HashRefused::Malformed),
            ("OeW", "OeW.", HashRefused::Malformed),
            ("OeW", "Oe=", HashRefused::Malformed),
            ("CCCC.E", "CCCC\u{e4}", HashRefused::Malformed),
        ] {
            let odd = good.replacen(from, to, 1);
            assert_eq!(StoredHash::from_elsewhere(&odd), Err(refused), "{odd}");
            let stored = StoredHash::from_database(odd);
            assert_eq!(stored.fits(b"U*U", &mut HashMemory::default()), Err(HashError::Unreadable));
        }
    }
}
