//! The backend without a model: it greets and says the message back.

use super::{Answer, End, Finish, Prompt, Usage, stream::Step};

/// An echo, word by word.
#[derive(Debug)]
pub(super) struct EchoStream {
    steps: std::vec::IntoIter<Step>,
}

pub(super) fn answer(prompt: &Prompt) -> Answer {
    let whole = format!("Hello {}, your message was: {}", prompt.caller_name, prompt.message());
    let (text, finish) = cut(whole, prompt.max_tokens);
    let words = |text: &str| u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
    let usage = Usage { input_tokens: words(prompt.message()), output_tokens: words(&text) };
    Answer { text, end: End { finish, usage } }
}

/// Leaves as many words as an answer may have tokens: what is counted here is
/// what was set aside before.
fn cut(mut text: String, max_words: u32) -> (String, Finish) {
    let mut words = 0_u32;
    let length: usize = text
        .split_inclusive(char::is_whitespace)
        .map_while(|piece| {
            words += u32::from(!piece.trim().is_empty());
            (words <= max_words).then_some(piece.len())
        })
        .sum();
    if length == text.len() {
        return (text, Finish::Stop);
    }
    text.truncate(length);
    (text, Finish::Length)
}

pub(super) fn stream(prompt: &Prompt) -> EchoStream {
    let Answer { text, end } = answer(prompt);
    let mut steps: Vec<_> = text.split_inclusive(' ').map(|word| Step::Text(word.to_owned())).collect();
    steps.extend([Step::Finish(end.finish), Step::Usage(end.usage)]);
    EchoStream { steps: steps.into_iter() }
}

impl EchoStream {
    pub(super) fn next(&mut self) -> Step {
        self.steps.next().unwrap_or(Step::Closed)
    }
}
