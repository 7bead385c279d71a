//! Text in HTML, where it can only be text.

use std::fmt::{self, Write};

/// Text that may hold any character.
pub(super) struct Text<'t>(pub(super) &'t str);

/// Text in which backticks mean code, as in the comments that it comes from.
pub(super) struct Prose<'t>(pub(super) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.split('`').enumerate() {
            let text = Text(part);
            if index % 2 == 0 { write!(f, "{text}")? } else { write!(f, "<code>{text}</code>")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let text = r#"<script src="x">'&'</script> `<b>`"#;
        assert!(!Text(text).to_string().contains(['<', '"', '\'']));
        let prose = Prose(text).to_string();
        assert!(prose.ends_with("<code>&lt;b&gt;</code>"), "{prose}");
    }
}
