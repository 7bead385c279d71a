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
    backend::{Answer, BackendError, End, Piece, Prompt, Speaker, Usage},
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
                Made { text, end: Ok(end) }
            }
            Err(error) => Made::nothing(Interruption::Backend(error)),
        };
    }
    let mut text = String::new();
    let end = tokio::select! {
        // A reader who is too slow for the deadline counts as a model that is.
        end = timeout_at(*deadline, pieces(service, exchange, sender, &mut text)) => {
            end.unwrap_or(Err(Interruption::Backend(BackendError::TooLate)))
        }
        () = sender.closed() => Err(Interruption::ReaderGone),
    };
    Made { text, end }
}

impl Made {
    fn nothing(why: Interruption) -> Self {
        Self { text: String::new(), end: Err(why) }
    }
}

async fn pieces(
    service: &Service,
    exchange: &Exchange,
    sender: &StepSender,
    text: &mut String,
) -> Result<End, Interruption> {
    let Exchange { prompt, deadline, .. } = exchange;
    let mut stream = service.backend.stream(prompt, *deadline).await.map_err(Interruption::Backend)?;
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

/// What the exchange took; where the model did not say, about that much.
fn used(prompt: &Prompt, made: &Made) -> u64 {
    match &made.end {
        Ok(end) => end.usage.total(),
        // A model that failed before it said anything is not the caller's to pay for.
        Err(Interruption::Backend(
            BackendError::Busy { .. } | BackendError::Refused | BackendError::Denied | BackendError::Failed,
        )) if made.text.is_empty() => 0,
        Err(_) => Usage::estimated(prompt.bytes(), made.text.len()).total(),
    }
}

/// How many tokens an exchange may take at most.
pub(crate) fn most_tokens(prompt: &Prompt) -> u64 {
    // A byte is a token at most, and some texts are made so that it is: what is
    // only likely, somebody asks for many times at once.
    let input = u64::try_from(prompt.bytes()).unwrap_or(u64::MAX);
    input.saturating_add(prompt.max_tokens.into())
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
