//! Keys and secrets that nobody chose: letters and digits, from the operating
//! system's randomness.

use token::Algorithm;
use zeroize::Zeroizing;

use crate::ids::{NoRandomness, random_bytes};

const CHARACTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// As long as Kong makes them: more than 190 bits.
const KEY_CHARACTERS: usize = 32;

/// Returns a key for a credential.
pub(crate) fn fresh_key() -> Result<String, NoRandomness> {
    Ok(characters(KEY_CHARACTERS)?.to_string())
}

/// Returns a secret as short as `algorithm` allows: 32 characters for HS256.
/// Where it is to be read as base64 it is longer, since it loses a quarter.
pub(crate) fn fresh_secret(algorithm: Algorithm, is_base64: bool) -> Result<Zeroizing<String>, NoRandomness> {
    let bytes = algorithm.min_secret_bytes();
    // Whole groups of four characters are base64 without padding.
    characters(if is_base64 { bytes.div_ceil(3) * 4 } else { bytes })
}

fn characters(length: usize) -> Result<Zeroizing<String>, NoRandomness> {
    let mut text = Zeroizing::new(String::with_capacity(length));
    while text.len() < length {
        let bytes: Zeroizing<[u8; 64]> = Zeroizing::new(random_bytes()?);
        // Of each byte six bits are taken; two of their values stand for nothing,
        // so that each character is as likely as any other.
        let drawn = bytes.iter().filter_map(|byte| CHARACTERS.get(usize::from(byte & 63)));
        let wanted = length - text.len();
        text.extend(drawn.take(wanted).map(|byte| char::from(*byte)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use token::{Credential, CredentialRecord, CredentialSecret, Role};

    use super::*;

    #[test]
    fn a_fresh_secret_is_long_enough_for_its_algorithm() {
        for algorithm in Algorithm::ALL {
            for is_base64 in [false, true] {
                let value = fresh_secret(algorithm, is_base64).unwrap();
                let secret = CredentialSecret { value: value.clone(), is_base64, not_after: None };
                let record = CredentialRecord {
                    key: fresh_key().unwrap(),
                    username: "shop".into(),
                    custom_id: None,
                    role: Role::User,
                    enabled: true,
                    algorithm,
                    max_lifetime_secs: 60,
                    not_before: None,
                    secrets: vec![secret],
                };
                assert!(Credential::new(record).is_ok(), "{algorithm} {is_base64} {}", value.len());
            }
        }
        assert_eq!(fresh_secret(Algorithm::HS256, false).unwrap().len(), 32);
        assert_eq!(fresh_key().unwrap().len(), 32);
    }

    #[test]
    fn every_letter_and_digit_is_drawn_and_nothing_else() {
        let keys: String = (0..200).map(|_| fresh_key().unwrap()).collect();
        let drawn: HashSet<_> = keys.bytes().collect();
        assert_eq!(drawn, CHARACTERS.iter().copied().collect());
    }
}
