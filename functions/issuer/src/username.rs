//! A username as its owner writes it, and as it is compared.
//!
//! Two names that look alike because of how they are encoded are one: they are
//! compared after compatibility composition (NFKC, Unicode annex 15) and without
//! regard to case. What cannot be seen is in no name. Letters of different
//! scripts that look alike stay different; nobody but an administrator makes
//! users here.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::user::{MAX_NAME_CHARS, ProfileError};

/// A username. Where it was typed it may be a password that went into the wrong
/// field, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Username {
    shown: String,
    key: String,
}

impl Username {
    pub(crate) fn parse(text: &str) -> Result<Self, ProfileError> {
        let shown = text.trim();
        let chars = shown.chars().take(MAX_NAME_CHARS + 1);
        if !(1..=MAX_NAME_CHARS).contains(&chars.count()) || !shown.chars().all(is_visible) {
            return Err(ProfileError::Username);
        }
        Ok(Self { shown: shown.to_owned(), key: Self::key_of(shown) })
    }

    /// Returns what the name `text` is looked up by, if it is a name at all.
    pub(crate) fn key_of(text: &str) -> String {
        let folded = text.trim().nfkc().flat_map(char::to_lowercase);
        // The other small sigma stands at the end of a word only.
        let folded = folded.map(|character| if character == 'ς' { 'σ' } else { character });
        // Some marks stand on a space once they are taken apart.
        folded.nfkc().collect::<String>().trim().to_owned()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.shown
    }

    /// What two spellings of one username have in common.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username(redacted)")
    }
}

/// Whether a character can be seen, or is a space, and will mean tomorrow what
/// it means today.
fn is_visible(character: char) -> bool {
    let category_is_good = !matches!(
        character.general_category(),
        // Joiners, marks of direction and the like.
        GeneralCategory::Format
            | GeneralCategory::Control
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    );
    let is_blank = matches!(
        character,
        // Of other categories, but with nothing to see: a joiner, fillers of
        // Hangul, vowels of Khmer that are not written, selectors of variants,
        // and the pattern of Braille without a dot.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'
    );
    category_is_good && !is_blank
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        Username::parse(text).unwrap().key().to_owned()
    }

    #[test]
    fn usernames_are_trimmed_and_compared_without_regard_to_case() {
        let name = Username::parse("  Ada ").unwrap();
        assert_eq!(name.as_str(), "Ada");
        assert_eq!(name.key(), key("ADA"));
        assert_eq!(format!("{name:?}"), "Username(redacted)");
        let longest = "ä".repeat(MAX_NAME_CHARS);
        assert!(Username::parse(&longest).is_ok());
        for bad in ["", "   ", "a\u{0}b", "a\nb", &format!("{longest}x")] {
            assert_eq!(Username::parse(bad), Err(ProfileError::Username), "{bad:?}");
        }
    }

    #[test]
    fn a_name_of_ascii_is_its_own_key_in_lower_case() {
        let ascii: String = (' '..='~').collect();
        assert_eq!(key(&format!("x{ascii}x")), format!("x{ascii}x").to_ascii_lowercase());
        assert_eq!(key("John  Doe@Example.com"), "john  doe@example.com");
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("Zo\u{eb}", "ZOE\u{308}"),
            ("ｊｏｈｎ", "john"),
            ("ﬁnn", "Finn"),
            ("\u{212b}se", "åse"),
            ("\u{212a}elvin", "kelvin"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("john\u{a0}doe", "john doe"),
            ("x²", "X2"),
        ] {
            assert_eq!(key(one), key(other), "{one}");
        }
        assert_ne!(key("ada"), key("аda"), "the first letter is Cyrillic");
        assert_ne!(key("josé"), key("jose"));
    }

    #[test]
    fn what_cannot_be_seen_is_in_no_name() {
        for unseen in [
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{ad}',
            '\u{61c}',
            '\u{2028}',
            '\u{34f}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{2800}',
            '\u{fe0f}',
            '\u{e0041}',
            '\u{e000}',
            '\u{378}',
            '\u{85}',
        ] {
            let name = format!("a{unseen}da");
            assert_eq!(Username::parse(&name), Err(ProfileError::Username), "{unseen:?}");
        }
        for seen in ["名前", "محمد", "नमस्ते", "o'hara-smith_jr.", "ada 🙂"] {
            assert!(Username::parse(seen).is_ok(), "{seen}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{1,20}") {
            let key = Username::key_of(&text);
            prop_assert_eq!(Username::key_of(&key), key);
        }
    }
}
