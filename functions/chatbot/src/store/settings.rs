//! Which store there is, and how long it keeps what is in it.

use token::SettingsReader;

use crate::conversation::MAX_MESSAGES;

const DAY_SECS: u64 = 86_400;

/// The settings of a store.
#[derive(Debug, Clone)]
pub(crate) struct StoreSettings {
    /// The name of the table; `None` for the memory of the process.
    pub(super) table: Option<String>,
    retention_days: u64,
}

/// What bounds the size of a store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How long a message is kept, and a conversation after its last one.
    pub(super) retention_secs: u64,
    pub(super) max_messages: u32,
}

impl StoreSettings {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        Self {
            table: reader.optional("CHAT_TABLE"),
            retention_days: reader.number("CHAT_RETENTION_DAYS", 90, 1..=3650),
        }
    }

    /// Whether the store is one of AWS's.
    pub(crate) fn needs_aws(&self) -> bool {
        self.table.is_some()
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds { retention_secs: self.retention_days.saturating_mul(DAY_SECS), max_messages: MAX_MESSAGES }
    }
}

impl Bounds {
    /// Every question has one answer, and its place is kept from the beginning:
    /// a question that was taken is never left with an answer that is not.
    pub(super) fn max_questions(self) -> u32 {
        self.max_messages / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], expected: Result<(Option<&str>, u64), &str>) {
        let environment = |name: &str| {
            variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
        };
        let mut reader = SettingsReader::new(&environment);
        let settings = StoreSettings::read(&mut reader);
        let settings = reader.finish(settings).map_err(|faults| faults.to_string());
        let read =
            settings.as_ref().map(|settings| (settings.table.as_deref(), settings.bounds().retention_secs));
        assert_eq!(read.map_err(String::as_str), expected);
    }

    #[test]
    fn the_store_is_what_the_settings_say() {
        check(&[], Ok((None, 90 * DAY_SECS)));
        check(&[("CHAT_TABLE", "chat"), ("CHAT_RETENTION_DAYS", "1")], Ok((Some("chat"), DAY_SECS)));
        check(&[("CHAT_RETENTION_DAYS", "3650")], Ok((None, 3650 * DAY_SECS)));
        let wrong = "wrong settings: CHAT_RETENTION_DAYS is not a whole number from 1 to 3650";
        for days in ["0", "3651", "-1", "a year"] {
            check(&[("CHAT_RETENTION_DAYS", days)], Err(wrong));
        }
    }
}
