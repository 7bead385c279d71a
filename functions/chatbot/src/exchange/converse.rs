//! An answer to a conversation that the client keeps.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Delivery, Exchange, Steps, admit, begin, most_tokens, reserve};
use crate::{backend::Prompt, conversation::Owner, refusal::Refusal, service::Shared};

/// Counts a prompt, and has it answered. In a task of its own: a caller who goes
/// away half-way leaves nothing charged.
///
/// # Errors
///
/// Whatever stands against it.
pub(crate) async fn converse(
    service: &Shared,
    owner: Owner,
    prompt: Prompt,
    delivery: Delivery,
    deadline: Instant,
) -> Result<Steps, Refusal> {
    let (running, service) = (service.tasks.begin(), Arc::clone(service));
    let asking = tokio::spawn(async move {
        admit(&service, &owner).await?;
        let reservation = reserve(&service, &owner, most_tokens(&prompt)).await?;
        let exchange = Exchange { owner, prompt, reservation, record: None, delivery, deadline };
        Ok(begin(service, exchange, running))
    });
    asking.await.unwrap_or(Err(Refusal::Internal))
}
