//! What a model is shown of a conversation.

use token::Moment;

use crate::{
    backend::{Speaker, Turn, Usage},
    conversation::{Id, Message, Owner},
    refusal::Refusal,
    service::Service,
    store::Range,
};

/// How many messages are read at once.
const PAGE: u32 = 50;

/// The most messages that a model is shown.
const MAX_MESSAGES: usize = 200;

/// Returns the end of a conversation, as much of it as the settings allow, and
/// `question` after it.
///
/// # Errors
///
/// [`Refusal::NotFound`] where there is no such conversation.
pub(crate) async fn turns_with_history(
    service: &Service,
    owner: &Owner,
    conversation: Id,
    before: Option<Id>,
    question: &str,
    now: Moment,
) -> Result<Vec<Turn>, Refusal> {
    let mut left = service.limits.history_tokens;
    let mut newest_first = Vec::new();
    let mut range = Range { limit: PAGE, before };
    'pages: loop {
        let page = service.store.messages(owner, conversation, range, now).await?;
        let page = page.ok_or(Refusal::NotFound)?;
        for message in page.items {
            let tokens = Usage::estimated(message.text.len(), 0).total();
            if tokens > left || newest_first.len() == MAX_MESSAGES {
                break 'pages;
            }
            left -= tokens;
            newest_first.push(message);
        }
        match page.next {
            Some(next) => range.before = Some(next),
            None => break,
        }
    }
    let said = newest_first.into_iter().rev().map(turn);
    Ok(turns_of(said.chain([Turn { speaker: Speaker::User, text: question.to_owned() }])))
}

fn turn(message: Message) -> Turn {
    Turn { speaker: message.speaker, text: message.text }
}

/// Returns what was said as turns that alternate and begin with the user, which
/// models insist on: empty answers are left out, and what one side said in a row
/// becomes one turn.
pub(crate) fn turns_of(said: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for turn in said {
        match turns.last_mut() {
            _ if turn.text.trim().is_empty() => {}
            Some(last) if last.speaker == turn.speaker => {
                last.text.push_str("\n\n");
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
