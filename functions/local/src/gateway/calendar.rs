//! Calendar dates in UTC, as far as events and policies need them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: u64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Formats a time as access logs and `requestTime` do: `12/Mar/2020:19:03:58 +0000`.
pub(super) fn access_log_time(time: SystemTime) -> String {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = date_of(since_epoch / SECONDS_PER_DAY);
    let seconds = since_epoch % SECONDS_PER_DAY;
    let month = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"Jan");
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Reads `2030-01-31T12:34:56Z`, the form in which IAM conditions hold times.
/// A fraction of a second is accepted and dropped.
pub(super) fn parse_iso8601(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let days = days_to(year, month, day).filter(|_| hour < 24 && minute < 60 && second < 60)?;
    Some(UNIX_EPOCH + Duration::from_secs(days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second))
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut next = |width: usize| {
        let part = parts.next().filter(|part| part.len() == width)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let [first, second, third] = widths;
    let found = [next(first)?, next(second)?, next(third)?];
    parts.next().is_none().then_some(found)
}

/// Days from 1970-01-01 to a date, `None` for one that does not exist.
fn days_to(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return None;
    }
    let years: u64 = (1970..year).map(days_in_year).sum();
    let months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    Some(years + months + day - 1)
}

fn date_of(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_in(year, month) {
        days -= days_in(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(iso: &str, seconds: Option<u64>) {
        let parsed = parse_iso8601(iso).map(|time| time.duration_since(UNIX_EPOCH).unwrap().as_secs());
        assert_eq!(parsed, seconds, "{iso}");
    }

    #[test]
    fn iso8601_times_are_read() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2024-02-29T23:59:59Z", Some(1_709_251_199));
        check("2099-12-31T00:00:00.123Z", Some(4_102_358_400));
        check("2023-02-29T00:00:00Z", None);
        check("2024-13-01T00:00:00Z", None);
        check("2024-01-01T24:00:00Z", None);
        check("2024-01-01T00:00:00", None);
        check("2024-1-01T00:00:00Z", None);
        check("+024-01-01T00:00:00Z", None);
        check("1735689600", None);
    }

    #[test]
    fn access_log_times_are_written() {
        let time = UNIX_EPOCH + Duration::from_secs(1_583_348_638);
        assert_eq!(access_log_time(time), "04/Mar/2020:19:03:58 +0000");
    }
}
