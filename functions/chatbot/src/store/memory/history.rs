//! Conversations in memory.

use std::collections::BTreeMap;

use token::Timestamp;

use super::{Expiring, Kept, MemoryStore};
use crate::{
    backend::Speaker,
    conversation::{Conversation, Id, Message, Owner},
    store::{Added, Bounds, Deleted, Page, Range, page::Filling},
};

impl MemoryStore {
    pub(in crate::store) fn begin(
        &self,
        owner: &Owner,
        conversation: &Conversation,
        message: &Message,
        now: Timestamp,
    ) {
        let expires_at = now.plus(self.bounds.retention_secs);
        self.with(owner, now, |belongings| {
            belongings.conversations.entry(conversation.id).or_insert_with(|| Kept {
                conversation: Conversation {
                    messages: 1,
                    last_message: Some(message.id),
                    ..conversation.clone()
                },
                questions: u32::from(message.speaker == Speaker::User),
                expires_at,
                messages: BTreeMap::from([(message.id, Expiring { value: message.clone(), expires_at })]),
            });
        });
    }

    pub(in crate::store) fn add(
        &self,
        owner: &Owner,
        conversation: Id,
        message: &Message,
        now: Timestamp,
    ) -> Added {
        self.with(owner, now, |belongings| match belongings.conversations.get_mut(&conversation) {
            None => Added::NoConversation,
            Some(kept) => kept.add(message, self.bounds, now),
        })
    }

    pub(in crate::store) fn conversation(
        &self,
        owner: &Owner,
        id: Id,
        now: Timestamp,
    ) -> Option<Conversation> {
        self.with(owner, now, |belongings| Some(belongings.conversations.get(&id)?.conversation.clone()))
    }

    pub(in crate::store) fn conversations(
        &self,
        owner: &Owner,
        range: Range,
        now: Timestamp,
    ) -> Page<Conversation> {
        self.with(owner, now, |belongings| {
            let all = belongings.conversations.iter();
            page(all.map(|(id, kept)| (*id, kept.conversation.title.len(), &kept.conversation)), range)
        })
    }

    pub(in crate::store) fn messages(
        &self,
        owner: &Owner,
        conversation: Id,
        range: Range,
        now: Timestamp,
    ) -> Option<Page<Message>> {
        self.with(owner, now, |belongings| {
            let all = belongings.conversations.get(&conversation)?.messages.iter();
            Some(page(all.map(|(id, kept)| (*id, kept.value.text.len(), &kept.value)), range))
        })
    }

    pub(in crate::store) fn message(
        &self,
        owner: &Owner,
        conversation: Id,
        message: Id,
        now: Timestamp,
    ) -> Option<Message> {
        self.with(owner, now, |belongings| {
            let kept = belongings.conversations.get(&conversation)?;
            Some(kept.messages.get(&message)?.value.clone())
        })
    }

    pub(in crate::store) fn rename(
        &self,
        owner: &Owner,
        id: Id,
        title: &str,
        now: Timestamp,
    ) -> Option<Conversation> {
        self.with(owner, now, |belongings| {
            let kept = belongings.conversations.get_mut(&id)?;
            title.clone_into(&mut kept.conversation.title);
            Some(kept.conversation.clone())
        })
    }

    pub(in crate::store) fn delete(&self, owner: &Owner, id: Id, now: Timestamp) -> Deleted {
        self.with(owner, now, |belongings| match belongings.conversations.remove(&id) {
            Some(_) => Deleted::Yes,
            None => Deleted::NoConversation,
        })
    }
}

impl Kept {
    fn add(&mut self, message: &Message, bounds: Bounds, now: Timestamp) -> Added {
        if !self.messages.contains_key(&message.id) {
            let is_full = match message.speaker {
                Speaker::User => self.questions >= bounds.max_questions(),
                Speaker::Assistant => self.conversation.messages >= bounds.max_messages,
            };
            if is_full {
                return Added::Full;
            }
            self.questions += u32::from(message.speaker == Speaker::User);
            self.conversation.messages += 1;
            self.conversation.last_message = self.conversation.last_message.max(Some(message.id));
        }
        if self.messages.get(&message.id).is_some_and(|kept| !message.replaces(&kept.value)) {
            return Added::Yes;
        }
        let expires_at = now.plus(bounds.retention_secs);
        self.conversation.updated_at = now;
        self.expires_at = expires_at;
        self.messages.insert(message.id, Expiring { value: message.clone(), expires_at });
        Added::Yes
    }
}

/// Returns a page of entries that are sorted by id.
fn page<'e, T: Clone + 'e>(
    entries: impl DoubleEndedIterator<Item = (Id, usize, &'e T)>,
    range: Range,
) -> Page<T> {
    let mut filling = Filling::new(range);
    for (id, bytes, entry) in entries.rev() {
        if range.before.is_none_or(|before| id < before) {
            filling = match filling.take(id, bytes, entry.clone()) {
                Ok(filling) => filling,
                Err(page) => return page,
            };
        }
    }
    filling.end(None)
}
