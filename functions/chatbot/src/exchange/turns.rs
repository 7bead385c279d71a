//! What was said, in the order that models insist on.

use crate::backend::{Speaker, Turn};

/// Stands between what one side said in a row.
pub(super) const BREAK: &str = "\n\n";

/// Returns what was said as turns that alternate and begin with the user, which
/// models insist on: empty answers are left out, and what one side said in a row
/// becomes one turn.
pub(crate) fn turns_of(said: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for turn in said {
        match turns.last_mut() {
            _ if turn.text.trim().is_empty() => {}
            Some(last) if last.speaker == turn.speaker => {
                last.text.push_str(BREAK);
                last.text.push_str(&turn.text);
            }
            None if turn.speaker == Speaker::Assistant => {}
            _ => turns.push(turn),
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_alternate_and_begin_with_the_user() {
        let said = |text: &str| {
            let (speaker, text) = text.split_once(':').unwrap();
            let speaker = if speaker == "u" { Speaker::User } else { Speaker::Assistant };
            Turn { speaker, text: text.to_owned() }
        };
        for (given, expected) in [
            (&["u:a", "a:b", "u:c"][..], &["u:a", "a:b", "u:c"][..]),
            // The model failed on the first question.
            (&["u:a", "a:", "u:c"], &["u:a\n\nc"]),
            // The beginning of the conversation was left out.
            (&["a:b", "u:c"], &["u:c"]),
        ] {
            let turns = turns_of(given.iter().map(|text| said(text)));
            assert!(turns == expected.iter().map(|text| said(text)).collect::<Vec<_>>(), "{given:?}");
        }
    }
}
