//! What one principal may ask for, counted before the model is asked.

use super::{History, most_tokens};
use crate::{backend::Prompt, conversation::Owner, refusal::Refusal, service::Service, store::Period};

/// More than anybody can use, and a number that every store can hold.
const NO_LIMIT: u64 = 1_000_000_000_000_000;

/// How often a history is shortened again, because others took of what was left.
const MAX_LOOKS: usize = 3;

/// Tokens of a day's budget that are set aside for one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reservation {
    day: Period,
    tokens: u64,
}

/// Counts one request in this minute.
///
/// # Errors
///
/// [`Refusal::TooManyRequests`] where the minute has had its number.
pub(crate) async fn admit(service: &Service, owner: &Owner) -> Result<(), Refusal> {
    let Some(limit) = service.limits.requests_per_minute else { return Ok(()) };
    let now = service.now();
    let minute = Period::minute(now.wall);
    if service.store.count_request(owner, minute, limit, now).await? {
        Ok(())
    } else {
        Err(Refusal::TooManyRequests { secs: minute.end_of_minute().secs_since(now.wall) })
    }
}

/// Sets the tokens aside that an exchange may take at most.
///
/// # Errors
///
/// [`Refusal::BudgetExhausted`] where the day has not so many left.
pub(crate) async fn reserve(service: &Service, owner: &Owner, tokens: u64) -> Result<Reservation, Refusal> {
    let now = service.now();
    let day = Period::day(now.wall);
    // What is used is counted, and shown, where there is no limit too.
    let limit = limit(service);
    if tokens > limit {
        // No day could hold it: waiting is no advice.
        return Err(Refusal::TooLarge);
    }
    if service.store.reserve(owner, day, tokens, limit, now).await? {
        Ok(Reservation { day, tokens })
    } else {
        Err(Refusal::BudgetExhausted { secs: day.end_of_day().secs_since(now.wall) })
    }
}

/// Has `prompt` ask `question` after as much of `history` as the day has tokens
/// left for, and sets them aside: nobody is turned away for what was said before.
///
/// # Errors
///
/// As [`reserve`], where there is no room for the question alone.
pub(crate) async fn reserve_with(
    service: &Service,
    owner: &Owner,
    prompt: &mut Prompt,
    mut history: History,
    question: &str,
) -> Result<Reservation, Refusal> {
    for _ in 0..MAX_LOOKS {
        if history.is_empty() {
            break;
        }
        prompt.turns = history.turns_with(question);
        match reserve(service, owner, most_tokens(prompt)).await {
            Err(Refusal::TooLarge | Refusal::BudgetExhausted { .. }) => {}
            reserved => return reserved,
        }
        prompt.turns = History::default().turns_with(question);
        let room = left(service, owner).await?.saturating_sub(most_tokens(prompt));
        history = history.within(usize::try_from(room).unwrap_or(usize::MAX));
    }
    prompt.turns = History::default().turns_with(question);
    reserve(service, owner, most_tokens(prompt)).await
}

/// What is left of the day's tokens.
async fn left(service: &Service, owner: &Owner) -> Result<u64, Refusal> {
    let now = service.now();
    let used = service.store.used(owner, Period::day(now.wall), now).await?;
    Ok(limit(service).saturating_sub(used))
}

fn limit(service: &Service) -> u64 {
    service.limits.tokens_per_day.unwrap_or(NO_LIMIT)
}

impl Reservation {
    /// Puts what was used in the place of what was set aside. Where nobody knows
    /// what was used, or that cannot be written, the caller is charged for what was
    /// set aside: never too little.
    pub(crate) async fn settle(self, service: &Service, owner: &Owner, used: u64) {
        let settled = service.store.settle(owner, self.day, self.tokens, used, service.now()).await;
        if settled.is_err() {
            tracing::warn!("a day's budget stays charged with more than was used");
        }
    }
}
