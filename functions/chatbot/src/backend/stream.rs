//! An answer under way, whatever sends it.
//!
//! The backends say what arrives, as [`Step`]s; here is what all of them share:
//! an answer has one end, is not longer than an answer may be, and does not
//! stand still for ever.

use std::{mem, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{
    BackendError, End, Finish, Piece, Prompt, Usage,
    answer::{MAX_ANSWER_BYTES, cut},
    bedrock::BedrockStream,
    echo::EchoStream,
    openai::OpenAiStream,
    retry::Failure,
};

/// How long nothing may come once an answer has begun. Before that a model may
/// think until the deadline.
const LONGEST_SILENCE: Duration = Duration::from_mins(1);

/// An answer under way, whose first piece has come already. Dropping it ends
/// the call.
#[derive(Debug)]
pub(crate) struct AnswerStream {
    state: State,
    ahead: Option<Piece>,
    finish: Option<Finish>,
    usage: Option<Usage>,
    prompt_bytes: usize,
    text_bytes: usize,
    reasoning_bytes: usize,
    deadline: Instant,
    last_sign: Instant,
}

#[derive(Debug)]
enum State {
    UnderWay(Source),
    Ended,
    Broken(BackendError),
}

/// Where an answer comes from.
#[derive(Debug)]
pub(super) enum Source {
    Echo(EchoStream),
    // In a box: its decoder is large, and an echo is not.
    Bedrock(Box<BedrockStream>),
    OpenAi(Box<OpenAiStream>),
    #[cfg(test)]
    Script(tokio::sync::mpsc::UnboundedReceiver<Result<Step, Failure>>),
}

/// What arrived.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Step {
    Text(String),
    /// So much was thought, which is paid for and not said.
    Reasoning {
        bytes: usize,
    },
    /// No more text will come.
    Finish(Finish),
    Usage(Usage),
    /// A sign of life.
    Nothing,
    /// Nothing more will come.
    Closed,
}

// What people are told in confidence does not belong in a log.
impl std::fmt::Debug for Step {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::Reasoning { bytes } => write!(formatter, "Reasoning({bytes} bytes)"),
            Self::Finish(finish) => write!(formatter, "{finish:?}"),
            Self::Usage(usage) => write!(formatter, "{usage:?}"),
            Self::Nothing => formatter.write_str("Nothing"),
            Self::Closed => formatter.write_str("Closed"),
        }
    }
}

impl AnswerStream {
    /// Waits for the first piece of what `source` sends.
    pub(super) async fn begin(source: Source, prompt: &Prompt, deadline: Instant) -> Result<Self, Failure> {
        let mut stream = Self {
            state: State::UnderWay(source),
            ahead: None,
            finish: None,
            usage: None,
            prompt_bytes: prompt.bytes(),
            text_bytes: 0,
            reasoning_bytes: 0,
            deadline,
            last_sign: Instant::now(),
        };
        stream.ahead = stream.piece().await?;
        Ok(stream)
    }

    /// Returns the next piece; after [`Piece::End`] there is none.
    ///
    /// A call that is dropped while it waits loses nothing: the next one goes on.
    ///
    /// # Errors
    ///
    /// The answer broke off. Whoever asks again gets the same error.
    pub(crate) async fn next(&mut self) -> Result<Option<Piece>, BackendError> {
        if let Some(piece) = self.ahead.take() {
            return Ok(Some(piece));
        }
        if let State::Broken(error) = self.state {
            return Err(error);
        }
        let error = loop {
            // A sign of life while waiting moves the end of the wait.
            let until = self.deadline.min(self.last_sign + LONGEST_SILENCE);
            match timeout_at(until, self.piece()).await {
                Ok(Ok(piece)) => return Ok(piece),
                Ok(Err(failure)) => break failure.error,
                Err(_) if self.deadline.min(self.last_sign + LONGEST_SILENCE) > until => {}
                Err(_) => break BackendError::TooLate,
            }
        };
        if let Some(piece) = self.end() {
            // All of the text was there; only its cost was still to come.
            return Ok(Some(piece));
        }
        self.state = State::Broken(error);
        Err(error)
    }

    /// How much the model has written so far, its reasoning included.
    pub(crate) const fn output_bytes(&self) -> usize {
        self.text_bytes.saturating_add(self.reasoning_bytes)
    }

    /// What it cost, where the model has said that.
    pub(crate) const fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn estimate(&self) -> Usage {
        Usage::estimated(self.prompt_bytes, self.output_bytes())
    }

    /// Takes steps until they make a piece. Nothing is lost between two steps.
    async fn piece(&mut self) -> Result<Option<Piece>, Failure> {
        loop {
            if self.usage.is_some() && self.finish.is_some() {
                return Ok(self.end_well());
            }
            let State::UnderWay(source) = &mut self.state else {
                return Ok(None);
            };
            let step = match source.next().await {
                Ok(step) => step,
                Err(failure) => return self.end().map(Some).ok_or(failure),
            };
            self.last_sign = Instant::now();
            match step {
                Step::Text(text) => {
                    let text = self.within_bounds(text);
                    if !text.is_empty() {
                        return Ok(Some(Piece::Text(text)));
                    }
                }
                Step::Reasoning { bytes } => {
                    self.reasoning_bytes = self.reasoning_bytes.saturating_add(bytes);
                }
                // The first reason is the reason.
                Step::Finish(finish) => {
                    self.finish.get_or_insert(finish);
                }
                Step::Usage(usage) => self.usage = Some(usage),
                Step::Nothing => {}
                // Cut off in the middle, however politely.
                Step::Closed => return self.end_well().map(Some).ok_or(Failure::passing()),
            }
        }
    }

    /// Cuts text off that would make the answer too long, and whatever follows.
    fn within_bounds(&mut self, mut text: String) -> String {
        let is_cut = cut(&mut text, MAX_ANSWER_BYTES.saturating_sub(self.text_bytes));
        self.text_bytes += text.len();
        if is_cut {
            self.state = State::Ended;
            self.finish = Some(Finish::Length);
            self.usage = Some(self.estimate());
        }
        text
    }

    /// Ends an answer of which all has come, and lets the call come to its own end.
    fn end_well(&mut self) -> Option<Piece> {
        if let State::UnderWay(source) = mem::replace(&mut self.state, State::Ended) {
            source.run_out();
        }
        self.end()
    }

    /// Ends an answer that has finished and not ended yet, and the call with it.
    fn end(&mut self) -> Option<Piece> {
        let finish = self.finish.take()?;
        self.state = State::Ended;
        let usage = self.usage.unwrap_or_else(|| self.estimate());
        Some(Piece::End(End { finish, usage }))
    }
}

impl Source {
    /// Returns what arrives next. A call that is dropped while it waits loses
    /// nothing.
    async fn next(&mut self) -> Result<Step, Failure> {
        match self {
            Self::Echo(stream) => Ok(stream.next()),
            Self::Bedrock(stream) => stream.next().await,
            Self::OpenAi(stream) => stream.next().await,
            #[cfg(test)]
            Self::Script(steps) => steps.recv().await.unwrap_or(Ok(Step::Closed)),
        }
    }

    /// Lets a call whose answer has ended come to its own end.
    fn run_out(self) {
        if let Self::OpenAi(stream) = self {
            stream.run_out();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;
    use crate::backend::{Sampling, Speaker, Turn};

    const USAGE: Usage = Usage { input_tokens: 7, output_tokens: 9 };

    fn prompt() -> Prompt {
        Prompt {
            system: Some("be kind".into()),
            turns: vec![Turn { speaker: Speaker::User, text: "hello".into() }],
            caller_name: "ada".into(),
            max_tokens: 10,
            sampling: Sampling::default(),
        }
    }

    fn text(text: &str) -> Step {
        Step::Text(text.into())
    }

    fn end(finish: Finish, usage: Usage) -> Piece {
        Piece::End(End { finish, usage })
    }

    /// Begins an answer of which `steps` have come, with ten minutes to go.
    async fn begin(
        steps: impl IntoIterator<Item = Result<Step, Failure>>,
    ) -> (Result<AnswerStream, Failure>, UnboundedSender<Result<Step, Failure>>) {
        let (sender, steps_sent) = unbounded_channel();
        for step in steps {
            sender.send(step).unwrap();
        }
        let deadline = Instant::now() + Duration::from_mins(10);
        (AnswerStream::begin(Source::Script(steps_sent), &prompt(), deadline).await, sender)
    }

    /// All pieces of an answer of those steps, and how it ended.
    async fn pieces(
        steps: impl IntoIterator<Item = Result<Step, Failure>>,
    ) -> (Vec<Piece>, Result<(), BackendError>) {
        let (stream, _sender) = begin(steps).await;
        let mut stream = stream.unwrap();
        let mut pieces = Vec::new();
        let done = loop {
            match stream.next().await {
                Ok(Some(piece)) => pieces.push(piece),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        assert_eq!(stream.next().await, done.map(|()| None), "it stays as it ended");
        (pieces, done)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_when_its_end_and_its_cost_are_known() {
        let expected = vec![Piece::Text("a".into()), Piece::Text("b".into()), end(Finish::Stop, USAGE)];
        for last in [
            [Step::Finish(Finish::Stop), Step::Usage(USAGE)],
            // The cost first, and everything in one go.
            [Step::Usage(USAGE), Step::Finish(Finish::Stop)],
        ] {
            let steps = [Step::Nothing, text(""), text("a"), Step::Nothing, text("b")];
            let (came, done) = pieces(steps.into_iter().chain(last).map(Ok)).await;
            assert_eq!((&came, done), (&expected, Ok(())));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_without_a_cost_is_estimated() {
        let expected = end(Finish::Length, Usage { input_tokens: 3, output_tokens: 1 });
        let steps =
            || vec![Ok(text("abc")), Ok(Step::Finish(Finish::Length)), Ok(Step::Finish(Finish::Stop))];
        let mut closed = steps();
        closed.push(Ok(Step::Closed));
        let mut broken = steps();
        broken.push(Err(Failure::passing()));
        // The last one is silent for a minute.
        for steps in [closed, broken, steps()] {
            let (came, done) = pieces(steps).await;
            assert_eq!((came, done), (vec![Piece::Text("abc".into()), expected.clone()], Ok(())));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_thought_is_counted_and_not_said() {
        let thought = |bytes| Ok(Step::Reasoning { bytes });
        let steps =
            [thought(30), Ok(text("abc")), thought(7), Ok(Step::Finish(Finish::Stop)), Ok(Step::Closed)];
        let expected = end(Finish::Stop, Usage::estimated(12, 40));
        let (came, done) = pieces(steps).await;
        assert_eq!((came, done), (vec![Piece::Text("abc".into()), expected], Ok(())));
        // And where there is no end, it is known up to there.
        let (stream, _sender) = begin([thought(30), Ok(Step::Usage(USAGE)), Ok(text("abc"))]).await;
        let stream = stream.unwrap();
        assert_eq!((stream.output_bytes(), stream.usage()), (33, Some(USAGE)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_without_text_has_an_end() {
        let steps = [Step::Finish(Finish::ContentFilter), Step::Usage(USAGE)];
        assert_eq!(pieces(steps.map(Ok)).await, (vec![end(Finish::ContentFilter, USAGE)], Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_breaks_off_is_an_error_that_stays() {
        let begun = vec![Piece::Text("a".into())];
        let closed = pieces([Ok(text("a")), Ok(Step::Usage(USAGE)), Ok(Step::Closed)]).await;
        assert_eq!(closed, (begun.clone(), Err(BackendError::Failed)));
        let busy = pieces([Ok(text("a")), Err(Failure::busy(None)), Ok(text("b"))]).await;
        assert_eq!(busy, (begun, Err(BackendError::Busy { retry_after_secs: None })));
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_before_the_first_piece_can_be_tried_again() {
        for (steps, expected) in [
            (vec![Ok(Step::Nothing), Err(Failure::busy(None))], Failure::busy(None)),
            (vec![Ok(text("")), Ok(Step::Closed)], Failure::passing()),
        ] {
            assert_eq!(begin(steps).await.0.unwrap_err(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_does_not_grow_without_bounds() {
        let half = "x".repeat(MAX_ANSWER_BYTES / 2);
        for (rest, kept) in [("é", 0), ("aé", 1)] {
            // One byte is left, and then the second half, one byte shorter.
            let second = &half[1..];
            let (came, done) = pieces([text(&half), text(second), text(rest), text("never")].map(Ok)).await;
            let mut expected = vec![Piece::Text(half.clone()), Piece::Text(second.into())];
            if kept > 0 {
                expected.push(Piece::Text(rest[..kept].into()));
            }
            let bytes = MAX_ANSWER_BYTES - 1 + kept;
            expected.push(end(Finish::Length, Usage::estimated(12, bytes)));
            assert!(came == expected && done == Ok(()), "{came:?} {done:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_an_answer_and_signs_of_life_do_not() {
        let (stream, sender) = begin([Ok(text("a"))]).await;
        let mut stream = stream.unwrap();
        assert_eq!(stream.next().await, Ok(Some(Piece::Text("a".into()))));
        let begun = Instant::now();
        let signs = tokio::spawn(async move {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                sender.send(Ok(Step::Nothing)).unwrap();
            }
            sender
        });
        assert_eq!(stream.next().await, Err(BackendError::TooLate));
        assert_eq!((Instant::now() - begun).as_secs(), 3 * 50 + 60);
        assert!(signs.await.unwrap().is_closed(), "the call goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_counts_however_often_somebody_looks() {
        let (stream, _sender) = begin([Ok(text("a"))]).await;
        let mut stream = stream.unwrap();
        stream.next().await.unwrap();
        for _ in 0..3 {
            let look = tokio::time::timeout(Duration::from_secs(15), stream.next());
            look.await.unwrap_err();
        }
        let begun = Instant::now();
        assert_eq!(stream.next().await, Err(BackendError::TooLate));
        assert_eq!((Instant::now() - begun).as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_holds_whatever_comes() {
        let (stream, sender) = begin([Ok(text("a"))]).await;
        let mut stream = stream.unwrap();
        let begun = Instant::now();
        let signs = tokio::spawn(async move {
            while sender.send(Ok(Step::Nothing)).is_ok() {
                tokio::time::sleep(Duration::from_secs(45)).await;
            }
        });
        stream.next().await.unwrap();
        assert_eq!(stream.next().await, Err(BackendError::TooLate));
        assert_eq!((Instant::now() - begun).as_secs(), 600);
        signs.await.unwrap();
    }
}
