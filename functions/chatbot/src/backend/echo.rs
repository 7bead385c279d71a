//! The backend without a model: it greets and says the message back.

use super::{Answer, End, Finish, Prompt, Usage, stream::Step};

/// An echo, word by word.
#[derive(Debug)]
pub(super) struct EchoStream {
    steps: std::vec::IntoIter<Step>,
}

pub(super) fn answer(prompt: &Prompt) -> Answer {
    let text = format!("Hello {}, your message was: {}", prompt.caller_name, prompt.message());
    let words = |text: &str| u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
    let usage = Usage { input_tokens: words(prompt.message()), output_tokens: words(&text) };
    Answer { text, end: End { finish: Finish::Stop, usage } }
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
