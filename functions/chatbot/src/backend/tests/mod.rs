//! What the tests of all backends share: a prompt, ways to ask it, and a model
//! over HTTP that does what a test says, step by step.

mod call;
mod settings;
mod stand_in;

use std::time::Duration;

use tokio::time::Instant;

use super::*;

pub(crate) use call::Call;
pub(crate) use stand_in::StandIn;

/// No waits between attempts.
pub(super) const AT_ONCE: Backoff = Backoff { first: Duration::ZERO, longest: Duration::ZERO };

/// Far enough for everything that a test waits for.
pub(super) fn later() -> Instant {
    Instant::now() + Duration::from_hours(1)
}

pub(super) fn prompt() -> Prompt {
    let turn = |speaker, text: &str| Turn { speaker, text: text.into() };
    Prompt {
        system: Some("be kind".into()),
        turns: vec![
            turn(Speaker::User, "hello"),
            turn(Speaker::Assistant, "good day"),
            turn(Speaker::User, "how are you?"),
        ],
        caller_name: "ada".into(),
        max_tokens: 100,
        sampling: Sampling { temperature: Some(0.7), top_p: Some(0.9), stop: vec!["END".into()] },
    }
}

/// What is left of an answer: its texts, and how it ended.
pub(super) async fn rest(stream: &mut AnswerStream) -> (Vec<String>, Result<Option<End>, BackendError>) {
    let mut texts = Vec::new();
    let mut end = None;
    let done = loop {
        match stream.next().await {
            Ok(Some(Piece::Text(text))) => texts.push(text),
            Ok(Some(Piece::End(told))) => end = Some(told),
            Ok(None) => break Ok(end),
            Err(error) => break Err(error),
        }
    };
    (texts, done)
}

pub(super) fn end(finish: Finish, input_tokens: u64, output_tokens: u64) -> End {
    End { finish, usage: Usage { input_tokens, output_tokens } }
}

/// Asks for the whole answer, while `model` plays the model.
pub(super) async fn answer<T>(
    backend: &Backend,
    model: impl Future<Output = T>,
) -> (Result<Answer, BackendError>, T) {
    let prompt = prompt();
    both(backend.answer(&prompt, later()), model).await
}

/// Asks for the answer as it comes, while `model` plays the model.
pub(super) async fn stream<T>(
    backend: &Backend,
    model: impl Future<Output = T>,
) -> (Result<AnswerStream, BackendError>, T) {
    let prompt = prompt();
    both(backend.stream(&prompt, later()), model).await
}

/// Runs caller and model side by side. Where one waits for the other, who is
/// done long since, the test fails instead of hanging.
async fn both<C, M>(caller: impl Future<Output = C>, model: impl Future<Output = M>) -> (C, M) {
    const HANGS: Duration = Duration::from_secs(20);
    tokio::pin!(caller, model);
    tokio::select! {
        called = &mut caller => {
            let played = tokio::time::timeout(HANGS, model).await;
            (called, played.expect("the model waits for a call that does not come"))
        }
        played = &mut model => {
            let called = tokio::time::timeout(HANGS, caller).await;
            (called.expect("the caller waits for an answer that does not come"), played)
        }
    }
}

#[tokio::test]
async fn an_echo_comes_in_words_and_is_the_same_as_a_whole() {
    let backend = Backend::new(BackendSettings::Echo, None);
    assert_eq!(backend.model(), "echo");
    let answer = backend.answer(&prompt(), later()).await.unwrap();
    assert_eq!(answer.text, "Hello ada, your message was: how are you?");
    assert_eq!(answer.end, end(Finish::Stop, 3, 8));
    let mut stream = backend.stream(&prompt(), later()).await.unwrap();
    let (texts, done) = rest(&mut stream).await;
    assert_eq!((texts.len(), texts.concat(), done), (8, answer.text, Ok(Some(answer.end))));
}

#[tokio::test]
async fn an_echo_is_no_longer_than_an_answer_may_be() {
    let backend = Backend::new(BackendSettings::Echo, None);
    let mut short = prompt();
    for (max_tokens, text, finish) in [
        (8, "Hello ada, your message was: how are you?", Finish::Stop),
        (7, "Hello ada, your message was: how are ", Finish::Length),
        (1, "Hello ", Finish::Length),
    ] {
        short.max_tokens = max_tokens;
        let answer = backend.answer(&short, later()).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.end), (text, end(finish, 3, max_tokens.into())));
        let (texts, done) = rest(&mut backend.stream(&short, later()).await.unwrap()).await;
        assert_eq!((texts.concat(), done), (answer.text, Ok(Some(answer.end))));
    }
}

/// Servers move their futures between threads.
#[test]
fn the_futures_can_be_sent() {
    fn sent(_: impl Send) {}
    let backend = Backend::new(BackendSettings::Echo, None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    sent(backend.answer(&prompt(), Instant::now()));
    sent(backend.stream(&prompt(), Instant::now()));
    sent(async { backend.stream(&prompt(), Instant::now()).await.unwrap().next().await });
}
