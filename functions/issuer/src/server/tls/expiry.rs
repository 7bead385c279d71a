//! When a certificate expires: the one thing in it that this program looks at.
//!
//! RFC 5280 section 4.1 gives its place: a certificate begins with its version,
//! number, algorithm and issuer, and then says from when until when it is good.

use token::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// What is left to read of some DER.
struct Der<'d>(&'d [u8]);

/// Returns the last second in which the certificate is good; `None` where this
/// is not the DER of one.
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let mut signed = Der(Der(Der(certificate).sequence()?).sequence()?);
    let (first, _) = signed.next()?;
    if first == VERSION {
        // The first version says nothing of its number.
        signed.next()?;
    }
    let _algorithm = signed.next()?;
    let _issuer = signed.next()?;
    let mut validity = Der(signed.sequence()?);
    let _not_before = validity.next()?;
    let (tag, text) = validity.next()?;
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            // RFC 5280 section 4.1.2.5.1.
            let century = if number(digits, 0..2)? < 50 { "20" } else { "19" };
            time(&format!("{century}{digits}"))
        }
        (GENERALIZED_TIME, 14) => time(digits),
        _ => None,
    }
}

impl<'d> Der<'d> {
    /// Returns the tag and the content of what comes next.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&length, rest) = rest.split_first()?;
        let (length, rest) = if length < 0x80 {
            (usize::from(length), rest)
        } else {
            let (length, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            if length.len() > 4 {
                return None;
            }
            (length.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn sequence(&mut self) -> Option<&'d [u8]> {
        self.next().filter(|(tag, _)| *tag == SEQUENCE).map(|(_, content)| content)
    }
}

/// Reads `YYYYMMDDHHMMSS`.
fn time(digits: &str) -> Option<Timestamp> {
    let [year, month, day] = [number(digits, 0..4)?, number(digits, 4..6)?, number(digits, 6..8)?];
    let [hour, minute, second] = [number(digits, 8..10)?, number(digits, 10..12)?, number(digits, 12..14)?];
    let is_time = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24;
    if !is_time || minute > 59 || second > 60 {
        return None;
    }
    let secs = (days_since_1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    Some(Timestamp::from_unix_secs(secs))
}

/// Counts in years that begin in March, so that the leap day is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let months_since_march = (month + 9) % 12;
    let year = if month > 2 { year } else { year - 1 };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * months_since_march + 2) / 5;
    365 * year + leap_days + days_before_month + day - 1 - 719_468
}

fn number(digits: &str, range: std::ops::Range<usize>) -> Option<i64> {
    let digits = digits.get(range)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(year: i32, month: u8, day: u8) -> Vec<u8> {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(1999, 12, 31);
        parameters.not_after = date_time_ymd(year, month, day);
        parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_says_when_it_expires() {
        for (year, month, day, secs) in [
            (2000, 2, 29, 951_782_400),
            (2026, 11, 21, 1_795_219_200),
            (2049, 12, 31, 2_524_521_600),
            (2050, 1, 1, 2_524_608_000),
            (2100, 3, 1, 4_107_542_400),
        ] {
            let expected = Some(Timestamp::from_unix_secs(secs));
            assert_eq!(not_after(&certificate(year, month, day)), expected, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        let whole = certificate(2030, 1, 1);
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None);
        }
        // Whatever a damaged one says, it says it without a panic.
        let damaged = |index: usize| {
            let mut damaged = whole.clone();
            damaged[index] = !damaged[index];
            damaged
        };
        let readable = (0..whole.len()).filter(|index| not_after(&damaged(*index)).is_some());
        assert!((100..whole.len()).contains(&readable.count()), "what is behind it is not looked at");
    }
}
