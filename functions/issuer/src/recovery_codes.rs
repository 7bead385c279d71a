//! Codes that work once in place of a one-time password.
//!
//! For the day on which the authenticator is lost. 80 random bits each, so a
//! digest is kept of them and nothing else.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    digest::SecretDigest,
    ids::{NoRandomness, random_bytes},
};

const COUNT: usize = 10;

/// Digits and letters without i, l, o and u (Crockford's alphabet): what looks
/// like one of them is read as one of them.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

const CHARS: usize = 16;

/// The codes of one user, shown once.
pub(crate) struct RecoveryCodes(Vec<Zeroizing<String>>);

impl RecoveryCodes {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let codes = (0..COUNT).map(|_| random_bytes().map(|bytes| written(&Zeroizing::new(bytes))));
        Ok(Self(codes.collect::<Result<_, _>>()?))
    }

    /// As they are shown: `xxxx-xxxx-xxxx-xxxx`.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|code| code.as_str())
    }

    pub(crate) fn digests(&self) -> impl Iterator<Item = SecretDigest> {
        self.shown().filter_map(digest_of_typed)
    }
}

/// Returns the digest of a code as somebody typed it, or `None` where that
/// cannot be a code.
pub(crate) fn digest_of_typed(text: &str) -> Option<SecretDigest> {
    let mut read = Zeroizing::new(String::with_capacity(CHARS));
    for typed in text.chars().filter(|typed| !typed.is_whitespace() && *typed != '-') {
        let meant = match typed.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        let known = u8::try_from(meant).is_ok_and(|byte| ALPHABET.contains(&byte));
        if !known || read.len() == CHARS {
            return None;
        }
        read.push(meant);
    }
    (read.len() == CHARS).then(|| SecretDigest::of(&read))
}

fn written(bytes: &[u8; 10]) -> Zeroizing<String> {
    let number = bytes.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    let mut text = Zeroizing::new(String::with_capacity(CHARS + 3));
    for place in (0..CHARS).rev() {
        // The mask keeps it below 32, which the alphabet has.
        let letter = usize::try_from((number >> (5 * place)) & 31).ok().and_then(|at| ALPHABET.get(at));
        text.extend(letter.map(|&byte| char::from(byte)));
        if place % 4 == 0 && place > 0 {
            text.push('-');
        }
    }
    text
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_ten_that_can_be_read_and_typed() {
        let codes = RecoveryCodes::new().unwrap();
        assert_eq!(codes.shown().collect::<HashSet<_>>().len(), 10);
        assert_eq!(codes.digests().count(), 10);
        for code in codes.shown() {
            assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4], "{code}");
        }
        assert_eq!(format!("{codes:?}"), "RecoveryCodes(redacted)");
    }

    #[test]
    fn every_bit_of_a_code_is_in_its_text() {
        assert_eq!(written(&[0; 10]).as_str(), "0000-0000-0000-0000");
        assert_eq!(written(&[255; 10]).as_str(), "zzzz-zzzz-zzzz-zzzz");
        let all: HashSet<_> = (0..80)
            .map(|bit| {
                let mut bytes = [0_u8; 10];
                bytes[bit / 8] = 1 << (bit % 8);
                written(&bytes).to_string()
            })
            .collect();
        assert_eq!(all.len(), 80);
    }

    #[test]
    fn what_was_misread_is_read_as_it_was_meant() {
        let code = digest_of_typed("0011-1abc-defg-hjkm");
        assert!(code.is_some());
        for typed in ["oOiL IABC defg-HJKM", "00111abcdefghjkm", " 0011 1abc\tdefg hjkm "] {
            assert_eq!(digest_of_typed(typed), code, "{typed}");
        }
        for none in ["", "123456", "0011-1abc-defg-hjk", "0011-1abc-defg-hjkmn", "0011-1abc-defg-hjku", "ä"]
        {
            assert_eq!(digest_of_typed(none), None, "{none}");
        }
    }
}
