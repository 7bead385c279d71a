//! Everything that comes before a model is asked.

use std::{sync::Arc, time::Duration};

use token::{Moment, Principal};
use tokio::time::Instant;

use super::{
    Delivery, Exchange, History, Record, Reservation, Steps, admit, begin, history_of, reserve_with,
};
use crate::{
    backend::{Answer, Prompt, Sampling, Speaker},
    conversation::{Conversation, Id, Message, Owner, Status, title_of},
    refusal::Refusal,
    service::{Service, Shared},
    store::{Added, Claim, Claimed, KeyHash},
    tasks::Running,
};

/// How much longer than an answer may take a request is taken to be under way.
const LEASE_SLACK: Duration = Duration::from_secs(30);

/// What somebody asks in a conversation.
pub(crate) struct Question {
    pub(crate) message: String,
    /// `None` begins a new conversation.
    pub(crate) conversation: Option<Id>,
    pub(crate) system: Option<String>,
    pub(crate) max_tokens: u32,
    pub(crate) key: Option<Key>,
}

/// An idempotency key, and what it was sent with.
pub(crate) struct Key {
    pub(crate) hash: KeyHash,
    pub(crate) fingerprint: KeyHash,
}

/// A question that was taken, and its answer under way.
pub(crate) struct Asked {
    pub(crate) conversation: Id,
    pub(crate) question: Id,
    pub(crate) answer: Id,
    pub(crate) steps: Steps,
}

/// Where question and answer go.
struct Place {
    conversation: Id,
    is_new: bool,
    question: Id,
    answer: Id,
    claim: Option<Claim>,
}

/// Takes a question: counts it, keeps it, and has it answered.
///
/// In a task of its own: a caller who goes away half-way leaves nothing that is
/// charged, claimed or kept without its answer.
///
/// # Errors
///
/// Whatever stands against it. Nothing is charged then, and a key that came
/// along can be sent again.
pub(crate) async fn ask(
    service: &Shared,
    principal: Principal,
    question: Question,
    delivery: Delivery,
    deadline: Instant,
) -> Result<Asked, Refusal> {
    let (running, service) = (service.tasks.begin(), Arc::clone(service));
    let asking =
        tokio::spawn(async move { take(&service, &principal, question, delivery, deadline, running).await });
    asking.await.unwrap_or(Err(Refusal::Internal))
}

async fn take(
    service: &Shared,
    principal: &Principal,
    question: Question,
    delivery: Delivery,
    deadline: Instant,
    running: Running,
) -> Result<Asked, Refusal> {
    let owner = Owner::of(principal);
    admit(service, &owner).await?;
    let now = service.now();
    let mut place = place(service, &owner, question.conversation, now).await?;
    if let Some(key) = &question.key {
        match claim(service, &owner, key, &place, deadline, now).await? {
            (claim, Claimed::New) => place.claim = Some(claim),
            (_, Claimed::TakenOver(earlier)) => place.take_over(earlier),
            (_, Claimed::InFlight { secs }) => return Err(Refusal::IdempotencyInFlight { secs }),
            (_, Claimed::Mismatch) => return Err(Refusal::IdempotencyMismatch),
            (_, Claimed::Done(earlier)) => return answered(service, &owner, earlier, now).await,
        }
    }
    let prepared = prepare(service, &owner, principal, question, &place, now).await;
    let (prompt, reservation) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            if let Some(claim) = &place.claim {
                // Where that fails the key is free again once its lease is over.
                let _released = service.store.release(&owner, claim, now).await;
            }
            return Err(problem);
        }
    };
    let Place { conversation, question, answer, claim, .. } = place;
    let record = Some(Record { conversation, answer, claim });
    let exchange = Exchange { owner, prompt, reservation, record, delivery, deadline };
    Ok(Asked { conversation, question, answer, steps: begin(service.clone(), exchange, running) })
}

async fn place(
    service: &Service,
    owner: &Owner,
    conversation: Option<Id>,
    now: Moment,
) -> Result<Place, Refusal> {
    let (conversation, last) = match conversation {
        None => (None, None),
        Some(id) => {
            let found = service.store.conversation(owner, id, now).await?.ok_or(Refusal::NotFound)?;
            (Some(id), found.last_message)
        }
    };
    let is_new = conversation.is_none();
    let conversation = match conversation {
        Some(id) => id,
        None => service.ids.next(now)?,
    };
    let question = service.ids.next_after(last, now)?;
    let answer = service.ids.next_after(Some(question), now)?;
    Ok(Place { conversation, is_new, question, answer, claim: None })
}

impl Place {
    fn take_over(&mut self, earlier: Claim) {
        self.conversation = earlier.conversation;
        self.question = earlier.question;
        self.answer = earlier.answer;
        self.claim = Some(earlier);
    }
}

async fn claim(
    service: &Service,
    owner: &Owner,
    key: &Key,
    place: &Place,
    deadline: Instant,
    now: Moment,
) -> Result<(Claim, Claimed), Refusal> {
    let lease = deadline.saturating_duration_since(Instant::now()) + LEASE_SLACK;
    let claim = Claim {
        key: key.hash.clone(),
        fingerprint: key.fingerprint.clone(),
        conversation: place.conversation,
        question: place.question,
        answer: place.answer,
        leased_until: now.wall.plus(lease.as_secs()),
    };
    let claimed = service.store.claim(owner, &claim, now).await?;
    Ok((claim, claimed))
}

/// The answer that an earlier request with the same key got.
async fn answered(service: &Service, owner: &Owner, claim: Claim, now: Moment) -> Result<Asked, Refusal> {
    let Claim { conversation, question, answer, .. } = claim;
    let kept = service.store.message(owner, conversation, answer, now).await?;
    // Deleted since.
    let kept = kept.ok_or(Refusal::NotFound)?;
    let end = kept.end.ok_or(Refusal::Internal)?;
    let steps = Steps::of(Answer { text: kept.text, end });
    Ok(Asked { conversation, question, answer, steps })
}

/// Sets aside what the answer may cost, and keeps the question.
async fn prepare(
    service: &Service,
    owner: &Owner,
    principal: &Principal,
    question: Question,
    place: &Place,
    now: Moment,
) -> Result<(Prompt, Reservation), Refusal> {
    let history = if place.is_new {
        History::default()
    } else {
        history_of(service, owner, place.conversation, Some(place.question), now).await?
    };
    let system = service.limits.system_prompt.iter().cloned().chain(question.system);
    let system = system.collect::<Vec<_>>().join("\n\n");
    let mut prompt = Prompt {
        system: (!system.is_empty()).then_some(system),
        turns: Vec::new(),
        caller_name: principal.display_name().to_owned(),
        max_tokens: question.max_tokens,
        sampling: Sampling::default(),
    };
    let reservation = reserve_with(service, owner, &mut prompt, history, &question.message).await?;
    if let Err(problem) = keep_question(service, owner, question.message, place, now).await {
        reservation.settle(service, owner, 0).await;
        return Err(problem);
    }
    Ok((prompt, reservation))
}

async fn keep_question(
    service: &Service,
    owner: &Owner,
    text: String,
    place: &Place,
    now: Moment,
) -> Result<(), Refusal> {
    let title = title_of(&text);
    let message = Message {
        id: place.question,
        speaker: Speaker::User,
        text,
        created_at: now.wall,
        status: Status::Complete,
        end: None,
    };
    if place.is_new {
        let conversation = Conversation {
            id: place.conversation,
            title,
            created_at: now.wall,
            updated_at: now.wall,
            messages: 1,
            last_message: Some(place.question),
        };
        return Ok(service.store.begin(owner, &conversation, &message, now).await?);
    }
    match service.store.add(owner, place.conversation, &message, now).await? {
        Added::Yes => Ok(()),
        Added::NoConversation => Err(Refusal::NotFound),
        Added::Full => Err(Refusal::ConversationFull),
    }
}
