//! Times as a person reads them.

use token::Timestamp;

const DAY_SECS: i64 = 86_400;

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

/// Days of four hundred years, after which the calendar repeats itself.
const DAYS_PER_ERA: i64 = 146_097;

/// Returns the time in RFC 3339 form, in UTC.
pub(super) fn utc(at: Timestamp) -> String {
    let secs = at.as_unix_secs();
    let (year, month, day) = date_of(secs.div_euclid(DAY_SECS));
    let second = secs.rem_euclid(DAY_SECS);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Returns the moment that is written as `utc` writes it, as a day alone, or as
/// seconds since 1970.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(secs) = text.parse() {
        return Some(Timestamp::from_unix_secs(secs));
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.strip_suffix('Z')?, ':')?;
    let day = day_of(year, month, day);
    let at = Timestamp::from_unix_secs(day * DAY_SECS + hour * 3600 + minute * 60 + second);
    // Whatever is no time, such as the 30th of February, reads as another one.
    (utc(at) == format!("{date}T{time}")).then_some(at)
}

/// Reads three numbers of four digits at most.
fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between).map(|part| part.parse().ok().filter(|_| part.len() <= 4));
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Returns how long `secs` are, to the minute where there are many.
pub(super) fn span(secs: u64) -> String {
    let (hours, minutes) = (secs / 3600, secs / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{secs} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Returns year, month and day of a day since 1970-01-01, in the Gregorian
/// calendar. Years begin in March here, so that a leap day is a year's last.
fn date_of(day: i64) -> (i64, i64, i64) {
    let day = day.saturating_add(DAYS_TO_EPOCH);
    let (era, day_of_era) = (day.div_euclid(DAYS_PER_ERA), day.rem_euclid(DAYS_PER_ERA));
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, months have 31, 30, 31, 30, 31 days, over and over.
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year_of_era + year, month, day_of_month)
}

/// The other way round, for four digits at most.
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * DAYS_PER_ERA + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_EPOCH
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn a_time_is_told_in_utc() {
        let check = |secs, expected: Expect| expected.assert_eq(&utc(Timestamp::from_unix_secs(secs)));
        check(0, expect!["1970-01-01T00:00:00Z"]);
        check(-1, expect!["1969-12-31T23:59:59Z"]);
        check(1_750_000_000, expect!["2025-06-15T15:06:40Z"]);
        check(951_782_400, expect!["2000-02-29T00:00:00Z"]);
        check(1_709_251_199, expect!["2024-02-29T23:59:59Z"]);
        check(4_107_542_400, expect!["2100-03-01T00:00:00Z"]);
        check(253_402_300_799, expect!["9999-12-31T23:59:59Z"]);
        check(i64::MAX, expect!["292277026596-12-04T15:30:07Z"]);
        check(i64::MIN, expect!["-292277022657-01-27T08:29:52Z"]);
    }

    #[test]
    fn a_moment_is_read_as_it_is_told() {
        for secs in [0, -1, 1_750_000_000, 951_782_400, 1_709_251_199, 4_107_542_400, 253_402_300_799] {
            let at = Timestamp::from_unix_secs(secs);
            assert_eq!(moment(&utc(at)), Some(at), "{secs}");
            assert_eq!(moment(&secs.to_string()), Some(at));
        }
        assert_eq!(moment("2025-06-15"), moment("2025-06-15T00:00:00Z"));
        for none in [
            "",
            "now",
            "2025-02-29",
            "2025-13-01",
            "2025-06-15T24:00:00Z",
            "2025-06-15T15:06:40",
            "2025-6-15",
            "2025-06-15T15:06:40Z ",
            "99999-01-01",
            "2025-06",
            "2025-06-15-01",
            "-",
        ] {
            assert_eq!(moment(none), None, "{none}");
        }
    }

    #[test]
    fn a_span_is_told_to_the_minute() {
        let told = [0, 59, 60, 3599, 3600, 3720, 14_400].map(span);
        assert_eq!(told, ["0 s", "59 s", "1 min", "59 min", "1 h", "1 h 2 min", "4 h"]);
    }
}
