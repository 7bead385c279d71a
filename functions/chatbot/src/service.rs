//! What all routes work with.

use std::sync::Arc;

use token::{Moment, SettingsReader};

use crate::{
    access::Access, api::Readers, backend::Backend, conversation::Ids, page::Page, store::Store, tasks::Tasks,
};

/// Both clocks.
pub(crate) type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// What all routes work with; a clone shares it.
pub(crate) type Shared = Arc<Service>;

/// What all routes work with.
pub(crate) struct Service {
    pub(crate) backend: Backend,
    pub(crate) store: Store,
    pub(crate) limits: Limits,
    pub(crate) access: Access,
    pub(crate) page: Page,
    pub(crate) readers: Readers,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) tasks: Tasks,
}

/// What one caller may ask for.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// What every model is told before all else.
    pub(crate) system_prompt: Option<String>,
    /// The longest answer in tokens.
    pub(crate) max_tokens: u32,
    /// How much of a conversation a model is shown, in tokens.
    pub(crate) history_tokens: u64,
    /// `None`: as many as the caller likes.
    pub(crate) requests_per_minute: Option<u64>,
    pub(crate) tokens_per_day: Option<u64>,
}

impl Limits {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let limit = |number| (number > 0).then_some(number);
        let max_tokens = u32::try_from(reader.number("CHAT_MAX_TOKENS", 1024, 1..=32_768)).unwrap_or(1024);
        let tokens_per_day = limit(reader.number("CHAT_TOKENS_PER_DAY", 200_000, 0..=1_000_000_000_000));
        if tokens_per_day.is_some_and(|day| day < max_tokens.into()) {
            reader.fault("CHAT_TOKENS_PER_DAY", "is less than one answer may take (CHAT_MAX_TOKENS)");
        }
        Self {
            system_prompt: reader.optional("CHAT_SYSTEM_PROMPT"),
            max_tokens,
            history_tokens: reader.number("CHAT_HISTORY_TOKENS", 8000, 0..=1_000_000),
            requests_per_minute: limit(reader.number("CHAT_REQUESTS_PER_MINUTE", 20, 0..=1_000_000)),
            tokens_per_day,
        }
    }
}

impl Service {
    pub(crate) fn now(&self) -> Moment {
        (self.clock)()
    }
}
