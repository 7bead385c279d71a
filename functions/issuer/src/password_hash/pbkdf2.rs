//! PBKDF2 with HMAC (RFC 8018), from elsewhere only, in the three forms that it
//! is found in:
//!
//! - as a PHC string, `$pbkdf2-sha256$i=600000,l=32$<salt>$<output>`;
//! - as Python's passlib writes it, `$pbkdf2-sha256$29000$<salt>$<output>`, with
//!   `.` in place of `+`;
//! - as Django writes it, `pbkdf2_sha256$390000$<salt as it is>$<output>`.

use std::fmt;

use ::argon2::password_hash::phc::Output;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use sha2::{Sha256, Sha512};

use super::HashRefused;

const MAX_ITERATIONS: u32 = 2_000_000;

/// The shortest and the longest output in bytes.
const OUTPUT_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// A hash that has been read.
pub(super) struct Pbkdf2Hash {
    digest: Digest,
    iterations: u32,
    salt: Vec<u8>,
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha256,
    Sha512,
}

impl Pbkdf2Hash {
    pub(super) fn read(text: &str) -> Result<Self, HashRefused> {
        let (django, text) = match text.strip_prefix('$') {
            Some(rest) => (false, rest),
            None => (true, text),
        };
        let fields: Vec<_> = text.split('$').collect();
        let [name, iterations, salt, output] = fields.as_slice() else {
            return Err(HashRefused::Malformed);
        };
        let digest = match *name {
            "pbkdf2-sha256" | "pbkdf2_sha256" => Digest::Sha256,
            "pbkdf2-sha512" | "pbkdf2_sha512" => Digest::Sha512,
            _ => return Err(HashRefused::Unknown),
        };
        let (iterations, length) = if django { plain(iterations) } else { parameters(iterations) }?;
        if iterations > MAX_ITERATIONS {
            return Err(HashRefused::CostlyPbkdf2);
        }
        let (salt, output) = if django {
            (salt.as_bytes().to_vec(), BASE64_STANDARD.decode(output).map_err(|_| HashRefused::Malformed)?)
        } else {
            (decode(salt)?, decode(output)?)
        };
        let sound = iterations > 0
            && OUTPUT_BYTES.contains(&output.len())
            && length.is_none_or(|length| length == output.len());
        let output = Output::new(&output).ok().filter(|_| sound).ok_or(HashRefused::Malformed)?;
        Ok(Self { digest, iterations, salt, output })
    }

    pub(super) fn fits(&self, password: &[u8]) -> bool {
        let mut output = [0; Output::MAX_LENGTH];
        let Some(output) = output.get_mut(..self.output.len()) else {
            return false;
        };
        match self.digest {
            Digest::Sha256 => ::pbkdf2::pbkdf2_hmac::<Sha256>(password, &self.salt, self.iterations, output),
            Digest::Sha512 => ::pbkdf2::pbkdf2_hmac::<Sha512>(password, &self.salt, self.iterations, output),
        }
        // `Output` compares in constant time.
        Output::new(output).is_ok_and(|output| output == self.output)
    }

    /// A salt of 16 bytes, as most have, and an output that nothing leads to.
    pub(super) fn decoy(&self) -> String {
        let length = self.output.len();
        let zeros = "A".repeat((length * 8).div_ceil(6));
        let (digest, iterations) = (self.digest, self.iterations);
        format!("$pbkdf2-{digest}$i={iterations},l={length}$bm9ib2R5J3MgcGFzc3dvcg${zeros}")
    }
}

/// Reads the parameters of a PHC string, or the number that passlib writes.
fn parameters(text: &str) -> Result<(u32, Option<usize>), HashRefused> {
    let Some(text) = text.strip_prefix("i=") else {
        return plain(text);
    };
    let (iterations, length) = text.split_once(',').map_or((text, None), |(i, l)| (i, Some(l)));
    let length = length.map(|text| text.strip_prefix("l=").and_then(|text| text.parse().ok()));
    match length {
        Some(None) => Err(HashRefused::Malformed),
        Some(length) => Ok((plain(iterations)?.0, length)),
        None => plain(iterations),
    }
}

fn plain(text: &str) -> Result<(u32, Option<usize>), HashRefused> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(HashRefused::Malformed);
    }
    // What does not fit is a number all the same, and a large one.
    Ok((text.parse().unwrap_or(u32::MAX), None))
}

fn decode(text: &str) -> Result<Vec<u8>, HashRefused> {
    BASE64_STANDARD_NO_PAD.decode(text.replace('.', "+")).map_err(|_| HashRefused::Malformed)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HashError, HashMemory, StoredHash};
    use super::*;

    fn fits(text: &str, password: &str) -> bool {
        let hash = StoredHash::from_elsewhere(text).unwrap();
        assert_eq!(hash.is_weak(password.as_bytes()), Ok(true), "renewed at the next login");
        hash.fits(password.as_bytes(), &mut HashMemory::default()).unwrap()
    }

    // Made with Python's hashlib.
    #[test]
    fn another_implementation_agrees() {
        for text in [
            "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$Kfxd4gVEVJAUWyEM9/KuB1B0aQFq+qVyrFi44QnyZ4k",
            "$pbkdf2-sha512$i=1000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$OH+PT74WOcBRC8O6wPnBynZWeDcHFtHyKcPrw2O/715a1ZD+SC49CGO0N86Cvjme0+Xl1P3lj8ayI3xe3fv6Cg",
            "$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$Kfxd4gVEVJAUWyEM9/KuB1B0aQE",
            "$pbkdf2-sha256$1000$././/vv/v/77/7/.././/g$T2b9378BJmw9XA.1/FdT/p6rsnvRU2KHNJSVghE9fZY",
            "$pbkdf2-sha512$1000$././/vv/v/77/7/.././/g$cI99djykOaiCUQdrKCTSJ.oHfYPDlgqfSd9pw8GYaFueoaqLO1krygcvzHC2I1KyDeaWcw80ynjzmoXRgHEXkQ",
            "pbkdf2_sha256$1000$seasalt2Xyz$Y8Td4n+N528niatR4EQ1rgRhQeKu5EhLPoRmYkzRJMw=",
            "pbkdf2_sha512$1000$seasalt2Xyz$ZgV3cRICc/OopfTedSMrbsG274jyf1Hozcy2+I+VC2GQZLLESJEnWedF/PTQLhJyw55DEfD+WU3qF+n0KrGjiA==",
        ] {
            assert!(fits(text, "p\u{e4}ssw\u{f6}rd"), "{text}");
            assert!(!fits(text, "password"), "{text}");
        }
    }

    // From the tests of the crate.
    #[test]
    fn an_output_may_be_longer_than_that_of_the_digest() {
        let text = "$pbkdf2-sha256$i=4096,l=40$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0\
                    $NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q";
        assert!(fits(text, "passwordPASSWORDpassword"));
        assert!(!fits(text, "passwordPASSWORDpasswor"));
    }

    #[test]
    fn what_costs_too_much_or_is_damaged_is_refused() {
        let good = "$pbkdf2-sha256$i=10,l=16$c2FsdHNhbHQ$FCiGZ3PXs7dJcHaFAwsYjA";
        assert!(StoredHash::from_elsewhere(good).is_ok());
        for (from, to, refused) in [
            ("sha256", "sha1", HashRefused::Unknown),
            ("i=10", "i=2000001", HashRefused::CostlyPbkdf2),
            ("i=10", "i=99999999999999999999", HashRefused::CostlyPbkdf2),
            ("i=10,l=16", "2000001", HashRefused::CostlyPbkdf2),
            ("i=10", "i=0", HashRefused::Malformed),
            ("i=10", "i=-1", HashRefused::Malformed),
            ("i=10", "i=", HashRefused::Malformed),
            ("l=16", "l=17", HashRefused::Malformed),
            ("l=16", "x=16", HashRefused::Malformed),
            ("FCiGZ3PXs7dJcHaFAwsYjA", "FCiGZ3PXs7dJcHaFAwsYjA==", HashRefused::Malformed),
            ("FCiGZ3PXs7dJcHaFAwsYjA", "FCiG", HashRefused::Malformed),
            ("$c2Fsd", "$$c2Fsd", HashRefused::Malformed),
            ("c2FsdHNhbHQ", "c2FsdHNhbHR", HashRefused::Malformed),
        ] {
            let odd = good.replacen(from, to, 1);
            assert_eq!(StoredHash::from_elsewhere(&odd), Err(refused), "{odd}");
            let stored = StoredHash::from_database(odd);
            assert_eq!(stored.fits(b"x", &mut HashMemory::default()), Err(HashError::Unreadable));
        }
        let django = "pbkdf2_sha256$2000001$salt$FCiGZ3PXs7dJcHaFAwsYjA==";
        assert_eq!(StoredHash::from_elsewhere(django), Err(HashRefused::CostlyPbkdf2));
    }
}
