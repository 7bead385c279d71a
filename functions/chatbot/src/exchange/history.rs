//! What a model is shown of a conversation: its end, as much of it as there is
//! room for, without what the model would not have.

use std::mem;

use token::Moment;

use super::turns::{BREAK, turns_of};
use crate::{
    backend::{Finish, Speaker, Turn},
    conversation::{Id, Message, Owner, Status},
    refusal::Refusal,
    service::Service,
    store::Range,
};

/// How many messages are read at once.
const PAGE: u32 = 50;

/// The most messages that a model is shown.
const MAX_MESSAGES: usize = 200;

/// About as many make one token of English text.
const BYTES_PER_TOKEN: u64 = 4;

/// The end of a conversation. Where nothing was said yet, it is empty.
#[derive(Default)]
pub(super) struct History {
    newest_first: Vec<Turn>,
    /// For how many bytes more there is room.
    room: usize,
    has_question: bool,
}

/// Reads the end of a conversation, as much of it as the settings allow.
///
/// # Errors
///
/// [`Refusal::NotFound`] where there is no such conversation.
pub(super) async fn history_of(
    service: &Service,
    owner: &Owner,
    conversation: Id,
    before: Option<Id>,
    now: Moment,
) -> Result<History, Refusal> {
    let room = service.limits.history_tokens.saturating_mul(BYTES_PER_TOKEN);
    let mut history = History::with_room(usize::try_from(room).unwrap_or(usize::MAX));
    let mut range = Range { limit: PAGE, before };
    let mut is_unwanted = false;
    loop {
        let page = service.store.messages(owner, conversation, range, now).await?;
        let page = page.ok_or(Refusal::NotFound)?;
        for message in page.items {
            // The newest comes first, so an answer before its question.
            let was_unwanted = mem::replace(&mut is_unwanted, is_refused(&message));
            let is_left_out = is_unwanted || (was_unwanted && message.speaker == Speaker::User);
            if !is_left_out && !history.take(turn(message)) {
                return Ok(history);
            }
        }
        match page.next {
            Some(next) => range.before = Some(next),
            None => return Ok(history),
        }
    }
}

/// Whether the model, or a filter before it, would not have the question of this
/// answer. Shown again with each later question, it would have all of these
/// refused as well.
fn is_refused(answer: &Message) -> bool {
    let is_filtered = answer.end.is_some_and(|end| end.finish == Finish::ContentFilter);
    answer.status == Status::Refused || is_filtered
}

fn turn(message: Message) -> Turn {
    Turn { speaker: message.speaker, text: message.text }
}

impl History {
    fn with_room(bytes: usize) -> Self {
        Self { room: bytes, ..Self::default() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.newest_first.is_empty()
    }

    /// Returns as much of the end of it as there is room for in so many bytes.
    pub(super) fn within(self, bytes: usize) -> Self {
        let mut history = Self::with_room(bytes);
        for turn in self.newest_first {
            if !history.take(turn) {
                break;
            }
        }
        history
    }

    /// Returns all of it, and `question` after it.
    pub(super) fn turns_with(&self, question: &str) -> Vec<Turn> {
        let said = self.newest_first.iter().rev().cloned();
        turns_of(said.chain([Turn { speaker: Speaker::User, text: question.to_owned() }]))
    }

    /// Takes what was said before all that is here. Says whether anything more
    /// may follow.
    fn take(&mut self, mut turn: Turn) -> bool {
        if turn.text.trim().is_empty() {
            return true;
        }
        let is_question = turn.speaker == Speaker::User;
        let fits = turn.text.len().saturating_add(BREAK.len()) <= self.room;
        if !fits {
            // Without a question nothing is shown at all. So of a question that is too
            // long there is the end, and a long answer leaves room for its question.
            let room = if is_question { self.room } else { self.room / 2 };
            let room = if self.has_question { 0 } else { room.saturating_sub(BREAK.len()) };
            let from = turn.text.ceil_char_boundary(turn.text.len().saturating_sub(room));
            turn.text.drain(..from);
            if turn.text.trim().is_empty() {
                return false;
            }
        }
        self.room = self.room.saturating_sub(turn.text.len() + BREAK.len());
        self.has_question |= is_question;
        self.newest_first.push(turn);
        (fits || !is_question) && self.newest_first.len() < MAX_MESSAGES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown of messages, the newest first, in so many bytes, with "?"
    /// after them. Questions begin with "u:".
    fn shown(newest_first: &[&str], bytes: usize) -> Vec<String> {
        let newest_first = newest_first.iter().map(|text| {
            let (speaker, text) = text.split_once(':').unwrap();
            let speaker = if speaker == "u" { Speaker::User } else { Speaker::Assistant };
            Turn { speaker, text: text.to_owned() }
        });
        let all = History { newest_first: newest_first.collect(), ..History::default() };
        let turns = all.within(bytes).turns_with("?");
        let length: usize = turns.iter().map(|turn| turn.text.len()).sum();
        assert!(length <= bytes + "?".len(), "{length} bytes are not within {bytes}");
        turns.into_iter().map(|turn| turn.text).collect()
    }

    #[test]
    fn the_newest_is_shown() {
        let said = ["a:four", "u:three", "a:two", "u:one"];
        assert_eq!(shown(&said, 100), ["one", "two", "three", "four", "?"]);
        assert_eq!(shown(&said, 17), ["three", "four", "?"]);
        assert_eq!(shown(&said, 13), ["three", "four", "?"]);
        assert_eq!(shown(&said, 0), ["?"]);
        assert_eq!(shown(&[], 100), ["?"]);
    }

    #[test]
    fn unanswered_questions_fit_with_what_joins_them() {
        let said = ["u:three", "a:", "u:two", "a:", "u:one"];
        assert_eq!(shown(&said, 17), ["one\n\ntwo\n\nthree\n\n?"]);
        assert_eq!(shown(&said, 16), ["two\n\nthree\n\n?"]);
    }

    #[test]
    fn one_long_message_does_not_hide_what_there_is() {
        let long = "x".repeat(100);
        // A question, and one with its answer.
        assert_eq!(shown(&[&format!("u:{long}end")], 20), [&*format!("{}end\n\n?", "x".repeat(15))]);
        let shown_of = shown(&["a:yes", &format!("u:{long}end"), "a:b", "u:a"], 20);
        assert_eq!(shown_of, [&*format!("{}end", "x".repeat(10)), "yes", "?"]);
        // An answer leaves room for its question.
        let shown_of = shown(&[&format!("a:{long}end"), "u:who?", "a:b", "u:a"], 30);
        assert_eq!(shown_of, ["a", "b", "who?", &*format!("{}end", "x".repeat(10)), "?"]);
        // An older one is left out, and all before it.
        assert_eq!(shown(&["a:b", "u:a", &format!("a:{long}"), "u:c"], 50), ["a", "b", "?"]);
    }

    #[test]
    fn a_message_is_cut_between_two_characters() {
        assert_eq!(shown(&["u:ééé"], 7), ["éé\n\n?"]);
        assert_eq!(shown(&["u:😀"], 5), ["?"]);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let said: Vec<_> = (0..300).map(|index| if index % 2 == 0 { "a:b" } else { "u:a" }).collect();
        assert_eq!(shown(&said, 100_000).len(), MAX_MESSAGES + 1);
    }
}
