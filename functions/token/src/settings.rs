//! Reading settings: all of them, then all that is wrong with them at once.
//!
//! An empty value counts as unset, because templates can only leave a variable
//! empty, not out. No message quotes a value: the variable that holds it may be
//! the wrong one for a secret.

use std::{fmt, ops::RangeInclusive};

/// Where settings come from: the environment, or a test's table.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Reads settings by name and collects what is wrong with them.
pub struct SettingsReader<'e> {
    environment: Environment<'e>,
    faults: Vec<String>,
}

/// All that is wrong with the settings, in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<String>);

impl std::error::Error for Faults {}

impl<'e> SettingsReader<'e> {
    pub fn new(environment: Environment<'e>) -> Self {
        Self { environment, faults: Vec::new() }
    }

    pub fn optional(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    /// Returns the value, or notes its absence and returns an empty one.
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.fault(name, "is required");
            String::new()
        })
    }

    pub fn number(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some(text) = self.optional(name) else {
            return default;
        };
        match text.trim().parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.fault(
                    name,
                    format_args!("is not a whole number from {} to {}", range.start(), range.end()),
                );
                default
            }
        }
    }

    /// Reads one of a few words.
    pub fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let Some(text) = self.optional(name) else {
            return default;
        };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.fault(name, format_args!("is not one of {}", words.join(", ")));
        default
    }

    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        self.choice(name, default, &[("true", true), ("false", false)])
    }

    /// Notes that the setting `name` is wrong; `what` continues the sentence.
    pub fn fault(&mut self, name: &str, what: impl fmt::Display) {
        self.faults.push(format!("{name} {what}"));
    }

    /// Returns `settings` where nothing was wrong.
    ///
    /// # Errors
    ///
    /// All faults noted so far.
    pub fn finish<T>(self, settings: T) -> Result<T, Faults> {
        if self.faults.is_empty() { Ok(settings) } else { Err(Faults(self.faults)) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrong settings: {}", self.0.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_names_every_fault() {
        let environment = |name: &str| match name {
            "EMPTY" => Some(String::new()),
            "COUNT" => Some("many".into()),
            "LIMIT" => Some("301".into()),
            "MODE" => Some("loud".into()),
            _ => None,
        };
        let mut reader = SettingsReader::new(&environment);
        reader.required("EMPTY");
        assert_eq!(reader.number("COUNT", 7, 0..=9), 7);
        reader.number("LIMIT", 30, 0..=300);
        reader.flag("MODE", false);
        assert_eq!(reader.number("ABSENT", 5, 0..=9), 5);
        assert_eq!(
            reader.finish(()).unwrap_err().to_string(),
            "wrong settings: EMPTY is required; COUNT is not a whole number from 0 to 9; \
             LIMIT is not a whole number from 0 to 300; MODE is not one of true, false"
        );
    }
}
