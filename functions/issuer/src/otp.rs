//! What somebody typed who was asked for a second factor.

use std::fmt;

use zeroize::Zeroizing;

use crate::{digest::SecretDigest, recovery_codes::digest_of_typed};

/// A code of an authenticator, a recovery code, or nothing that could be either.
/// Unverified.
pub(crate) enum Otp {
    Code(Zeroizing<String>),
    RecoveryCode(SecretDigest),
    Neither,
}

impl Otp {
    /// `None` where nothing was typed.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let typed: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|typed| !typed.is_whitespace()).collect());
        if typed.is_empty() {
            return None;
        }
        let is_code = typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit());
        Some(if is_code {
            Self::Code(typed)
        } else {
            digest_of_typed(&typed).map_or(Self::Neither, Self::RecoveryCode)
        })
    }
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Otp(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_a_recovery_code_sixteen_signs() {
        assert!(Otp::read("  ").is_none());
        assert!(matches!(Otp::read("123 456"), Some(Otp::Code(code)) if code.as_str() == "123456"));
        assert!(matches!(Otp::read("0011-1abc-defg-hjkm"), Some(Otp::RecoveryCode(_))));
        for neither in ["12345", "1234567", "１２３４５６", "abcdef", &"1".repeat(60_000)] {
            assert!(matches!(Otp::read(neither), Some(Otp::Neither)), "{neither}");
        }
        assert_eq!(format!("{:?}", Otp::read("123456")), "Some(Otp(redacted))");
    }
}
