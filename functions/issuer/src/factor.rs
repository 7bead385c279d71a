//! A second factor: one-time passwords by time (RFC 6238).
//!
//! Six digits of SHA-1 every thirty seconds, which is what every authenticator
//! can do. A factor is pending until its owner has shown that it works; nobody
//! is asked for a pending one.

use std::fmt;

use token::Timestamp;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::ids::{NoRandomness, random_bytes};

const STEP_SECS: u64 = 30;
const DIGITS: u8 = 6;

/// How many steps a clock may be off, either way (RFC 6238 section 5.2).
const SKEW_STEPS: u16 = 1;

/// 160 bits, as RFC 4226 section 4 recommends.
const SECRET_BYTES: usize = 20;

/// How long a pending secret may be confirmed. It has been shown, and must not
/// become a factor after it has lain about.
pub(crate) const PENDING_SECS: u64 = 3600;

/// What an authenticator and the issuer share.
#[derive(Clone)]
pub(crate) struct FactorSecret(Secret);

/// A factor as stored.
#[derive(Debug)]
pub(crate) struct Factor {
    pub(crate) secret: FactorSecret,
    pub(crate) state: FactorState,
    /// The step of the last code that was accepted: none works twice.
    pub(crate) last_step: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FactorState {
    Pending { since: Timestamp },
    Confirmed,
}

/// A pending factor, for its owner to put into an authenticator.
#[derive(Debug)]
pub(crate) struct Enrolment {
    pub(crate) secret: FactorSecret,
    pub(crate) uri: String,
}

impl FactorSecret {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let bytes: [u8; SECRET_BYTES] = random_bytes()?;
        Ok(Self(Secret::from(bytes)))
    }

    /// `None` where that is no secret of a factor.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes
            .first_chunk::<SECRET_BYTES>()
            .filter(|_| bytes.len() == SECRET_BYTES)
            .map(|&bytes| Self(bytes.into()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// As people type it into an authenticator.
    pub(crate) fn base32(&self) -> String {
        self.0.to_base32()
    }

    /// Returns the time step of which `code` is the code, near `now`.
    pub(crate) fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        self.totp().check(code, unix_secs(now))
    }

    #[cfg(test)]
    pub(crate) fn from_base32(text: &str) -> Self {
        Self(Secret::try_from_base32(text).unwrap())
    }

    #[cfg(test)]
    pub(crate) fn code_at(&self, now: Timestamp) -> String {
        self.totp().generate(unix_secs(now)).to_string()
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_step_duration(STEP_SECS)
            .with_skew(SKEW_STEPS)
            .with_secret(self.0.clone())
            .build_noncompliant()
    }
}

impl Factor {
    /// Whether it may be confirmed now.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        match self.state {
            FactorState::Pending { since } => now < since.plus(PENDING_SECS),
            FactorState::Confirmed => false,
        }
    }

    pub(crate) fn is_confirmed(&self) -> bool {
        self.state == FactorState::Confirmed
    }

    /// Returns the time step of a code that was not accepted yet.
    pub(crate) fn new_step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        self.secret.step_of(code, now).filter(|&step| step > self.last_step)
    }
}

impl Enrolment {
    /// `issuer` is the `iss` of tokens, `username` whose authenticator it is.
    pub(crate) fn new(secret: FactorSecret, issuer: &str, username: &str) -> Self {
        // People read it in a list of accounts: the scheme would be noise.
        let issuer = issuer.split_once("://").map_or(issuer, |(_, rest)| rest).trim_end_matches('/');
        let (issuer, username) = (percent_encoded(issuer), percent_encoded(username));
        let uri = format!(
            "otpauth://totp/{issuer}:{username}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECS}",
            secret.base32()
        );
        Self { secret, uri }
    }
}

/// Encodes all but the unreserved characters of RFC 3986: a colon would end the
/// issuer, and some authenticators show a plus where a space was meant.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn unix_secs(at: Timestamp) -> u64 {
    u64::try_from(at.as_unix_secs()).unwrap_or(0)
}

impl PartialEq for FactorSecret {
    fn eq(&self, other: &Self) -> bool {
        // In constant time, as `Secret` compares.
        self.0 == other.0
    }
}

impl fmt::Debug for FactorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactorSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> FactorSecret {
        FactorSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_unix_secs(secs)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B has eight digits; six are the last six of them.
        for (secs, eight_digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let code = &eight_digits[2..];
            assert_eq!(secret().code_at(at(secs)), code);
            assert_eq!(secret().step_of(code, at(secs)), Some(u64::try_from(secs).unwrap() / 30));
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_either_way() {
        let now = 1_111_111_110; // the first second of a step
        let code = |secs| secret().code_at(at(secs));
        assert!(secret().step_of(&code(now - 30), at(now)).is_some());
        assert!(secret().step_of(&code(now + 59), at(now)).is_some());
        assert_eq!(secret().step_of(&code(now - 31), at(now)), None);
        assert_eq!(secret().step_of(&code(now + 60), at(now)), None);
        for odd in ["", "12345", "1234567", "+12345", "１２３４５６", "abcdef"] {
            assert_eq!(secret().step_of(odd, at(now)), None, "{odd}");
        }
        assert!(secret().step_of("000000", at(i64::MAX)).is_none());
        assert!(secret().step_of("000000", at(i64::MIN)).is_none());
    }

    #[test]
    fn no_code_is_new_twice() {
        let now = at(1_111_111_110);
        let code = secret().code_at(now);
        let factor = |last_step| Factor { secret: secret(), state: FactorState::Confirmed, last_step };
        let step = factor(0).new_step_of(&code, now).unwrap();
        assert_eq!(step, 37_037_037);
        assert_eq!(factor(step).new_step_of(&code, now), None);
        assert_eq!(factor(step - 1).new_step_of(&code, now), Some(step));
    }

    #[test]
    fn a_factor_is_pending_for_an_hour() {
        let factor = Factor { secret: secret(), state: FactorState::Pending { since: at(0) }, last_step: 0 };
        assert!(factor.is_pending(at(3599)) && !factor.is_pending(at(3600)) && !factor.is_confirmed());
    }

    #[test]
    fn an_enrolment_names_issuer_and_user_and_prints_no_secret() {
        let enrolment = Enrolment::new(secret(), "https://auth.example.com:8443/", "ada @ä");
        assert_eq!(
            enrolment.uri,
            "otpauth://totp/auth.example.com%3A8443:ada%20%40%C3%A4?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=auth.example.com%3A8443&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(format!("{:?}", secret()), "FactorSecret(redacted)");
        assert_eq!(FactorSecret::from_bytes(&[0; 19]), None);
        assert_eq!(FactorSecret::from_bytes(&[0; 21]), None);
        assert_ne!(FactorSecret::new().unwrap(), FactorSecret::new().unwrap());
    }
}
