//! The task that makes an answer and keeps it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use token::Moment;
use tokio::time::{Instant, timeout_at};

use super::{
    Reservation,
    steps::{Step, StepSender, Steps},
};
use crate::{
    backend::{Answer, AnswerStream, BackendError, End, Piece, Prompt, Speaker, Usage},
    conversation::{Id, Message, Owner, Status},
    refusal::Refusal,
    service::{Service, Shared},
    store::{Added, Claim},
    tasks::Running,
};

/// All that it takes to answer one question.
pub(crate) struct Exchange {
    pub(crate) owner: Owner,
    pub(crate) prompt: Prompt,
    pub(crate) reservation: Reservation,
    /// `None` where nothing is kept: the client keeps its own history.
    pub(crate) record: Option<Record>,
    pub(crate) delivery: Delivery,
    pub(crate) deadline: Instant,
}

/// Where an answer is kept.
pub(crate) struct Record {
    pub(crate) conversation: Id,
    pub(crate) answer: Id,
    pub(crate) claim: Option<Claim>,
}

/// How the reader wants the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Pieces,
}

/// Why an answer is not all there.
enum Interruption {
    Backend(BackendError),
    /// Nobody reads it any more.
    ReaderGone,
}

/// What came of asking the model.
struct Made {
    text: String,
    /// What the model wrote, whether or not it was meant to be read.
    output_bytes: usize,
    /// What it cost, where the model has said that already.
    usage: Option<Usage>,
    end: Result<End, Interruption>,
}

/// Begins to answer. Dropping what is returned ends the call to the model.
/// `running` is of the task that took the question: between the two nobody who
/// waits for the last task may think that it was.
pub(crate) fn begin(service: Shared, exchange: Exchange, running: Running) -> Steps {
    let (sender, steps) = Steps::channel();
    tokio::spawn(async move {
        run(&service, exchange, sender).await;
        drop(running);
    });
    steps
}

async fn run(service: &Service, exchange: Exchange, sender: StepSender) {
    // Whatever happens while it is made, what it cost is settled.
    let made = AssertUnwindSafe(make(service, &exchange, &sender)).catch_unwind().await;
    let made = made.unwrap_or_else(|_| Made::nothing(Interruption::Backend(BackendError::Failed)));
    let used = used(&exchange.prompt, &made);
    let kept = keep(service, &exchange, &made).await;
    exchange.reservation.settle(service, &exchange.owner, used).await;
    let last = match (kept, made.end) {
        (Ok(()), Ok(end)) => Step::End(end),
        (_, Err(Interruption::Backend(error))) => {
            tracing::warn!(%error, "the model did not answer to the end");
            Step::Broke(error.into())
        }
        (Err(problem), _) => Step::Broke(problem),
        (Ok(()), Err(Interruption::ReaderGone)) => return,
    };
    // A reader who has gone needs no end.
    let _gone = sender.send(last).await;
}

/// Asks the model, and hands on what it says.
async fn make(service: &Service, exchange: &Exchange, sender: &StepSender) -> Made {
    let Exchange { prompt, deadline, delivery, .. } = exchange;
    if *delivery == Delivery::Whole {
        let answer = tokio::select! {
            answer = service.backend.answer(prompt, *deadline) => answer,
            () = sender.closed() => return Made::nothing(Interruption::ReaderGone),
        };
        return match answer {
            Ok(Answer { text, end }) => {
                let _gone = sender.send(Step::Text(text.clone())).await;
                Made { output_bytes: text.len(), text, usage: Some(end.usage), end: Ok(end) }
            }
            Err(error) => Made::nothing(Interruption::Backend(error)),
        };
    }
    let (mut text, mut stream) = (String::new(), None);
    let end = tokio::select! {
        // A reader who is too slow for the deadline counts as a model that is.
        end = timeout_at(*deadline, pieces(service, exchange, sender, &mut text, &mut stream)) => {
            end.unwrap_or(Err(Interruption::Backend(BackendError::TooLate)))
        }
        () = sender.closed() => Err(Interruption::ReaderGone),
    };
    let output_bytes = stream.as_ref().map_or(0, AnswerStream::output_bytes);
    Made { text, output_bytes, usage: stream.and_then(|stream| stream.usage()), end }
}

impl Made {
    fn nothing(why: Interruption) -> Self {
        Self { text: String::new(), output_bytes: 0, usage: None, end: Err(why) }
    }
}

async fn pieces(
    service: &Service,
    exchange: &Exchange,
    sender: &StepSender,
    text: &mut String,
    stream: &mut Option<AnswerStream>,
) -> Result<End, Interruption> {
    let Exchange { prompt, deadline, .. } = exchange;
    let begun = service.backend.stream(prompt, *deadline).await.map_err(Interruption::Backend)?;
    let stream = stream.insert(begun);
    loop {
        match stream.next().await.map_err(Interruption::Backend)? {
            Some(Piece::Text(more)) => {
                text.push_str(&more);
                sender.send(Step::Text(more)).await.map_err(|_| Interruption::ReaderGone)?;
            }
            Some(Piece::End(end)) => return Ok(end),
            None => return Err(Interruption::Backend(BackendError::Failed)),
        }
    }
}

/// What the exchange took, where the model said; else what it may have taken.
fn used(prompt: &Prompt, made: &Made) -> u64 {
    let is_callers_doing = match &made.end {
        Ok(end) => return end.usage.total(),
        Err(Interruption::ReaderGone | Interruption::Backend(BackendError::TooLate)) => true,
        Err(Interruption::Backend(
            BackendError::Busy { .. } | BackendError::Refused | BackendError::Denied | BackendError::Failed,
        )) => false,
    };
    if !is_callers_doing && made.text.is_empty() {
        // A model that failed before it said anything is not the caller's to pay for.
        return 0;
    }
    let uncounted = if is_callers_doing {
        // As it was set aside: at a likely price, somebody leaves early many times.
        let most = u64::from(prompt.max_tokens);
        let output_tokens =
            if made.output_bytes == 0 { most } else { tokens_in(made.output_bytes).min(most) };
        Usage { input_tokens: tokens_in(prompt.bytes()), output_tokens }
    } else {
        Usage::estimated(prompt.bytes(), made.output_bytes)
    };
    let counted = made.usage.unwrap_or_default();
    // Some models say zero until they have counted.
    let known = |counted: u64, uncounted: u64| if counted == 0 { uncounted } else { counted };
    let input_tokens = known(counted.input_tokens, uncounted.input_tokens);
    input_tokens.saturating_add(known(counted.output_tokens, uncounted.output_tokens))
}

/// How many tokens an exchange may take at most.
pub(crate) fn most_tokens(prompt: &Prompt) -> u64 {
    tokens_in(prompt.bytes()).saturating_add(prompt.max_tokens.into())
}

/// How many tokens so many bytes are at most.
fn tokens_in(bytes: usize) -> u64 {
    // A byte is a token at most, and some texts are made so that it is: what is
    // only likely, somebody asks for many times at once.
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Keeps the answer, or what there is of it.
async fn keep(service: &Service, exchange: &Exchange, made: &Made) -> Result<(), Refusal> {
    let Some(record) = &exchange.record else { return Ok(()) };
    let now = service.now();
    let message = message(record, made, now);
    let added = service.store.add(&exchange.owner, record.conversation, &message, now).await;
    let noted = match (&record.claim, added, &made.end) {
        (Some(claim), Ok(Added::Yes), Ok(_)) => service.store.answered(&exchange.owner, claim, now).await,
        // Sent again, the request carries on with the same question.
        (Some(claim), _, _) => service.store.release(&exchange.owner, claim, now).await,
        (None, _, _) => Ok(()),
    };
    if noted.is_err() {
        tracing::warn!("what came of an idempotency key could not be noted");
    }
    match added {
        Ok(Added::Yes) => Ok(()),
        // Deleted while the model was at it, or full of other answers.
        Ok(Added::NoConversation) => Err(Refusal::NotFound),
        Ok(Added::Full) => Err(Refusal::ConversationFull),
        Err(unavailable) => Err(unavailable.into()),
    }
}

fn message(record: &Record, made: &Made, now: Moment) -> Message {
    let status = match &made.end {
        Ok(_) => Status::Complete,
        Err(Interruption::Backend(BackendError::Refused)) => Status::Refused,
        Err(_) if made.text.is_empty() => Status::Failed,
        Err(_) => Status::Cut,
    };
    Message {
        id: record.answer,
        speaker: Speaker::Assistant,
        text: made.text.clone(),
        created_at: now.wall,
        status,
        end: made.end.as_ref().ok().copied(),
    }
}
