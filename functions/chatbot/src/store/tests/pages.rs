//! Lists are read page by page, without a gap and without anything twice.

use token::Moment;

use super::setup::{WIDE, answer, at, both, first, id, number, numbers, owner};
use crate::{
    conversation::{Id, Owner},
    store::{Range, Store},
};

const DAY: u64 = 86_400;

/// The numbers of all conversations, read by pages of `limit`.
async fn all_conversations(store: &Store, owner: &Owner, limit: u32, now: Moment) -> Vec<u64> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = store.conversations(owner, Range { limit, before }, now).await.unwrap();
        assert!(page.items.len() <= usize::try_from(limit).unwrap());
        all.extend(numbers(&page));
        assert!(all.len() <= 1000, "pages that go round in circles");
        before = page.next;
        if before.is_none() {
            return all;
        }
        assert!(!page.items.is_empty(), "a page that is not the last has something on it");
    }
}

/// The same of the messages of one conversation.
async fn all_messages(store: &Store, owner: &Owner, conversation: Id, limit: u32, now: Moment) -> Vec<u64> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = store.messages(owner, conversation, Range { limit, before }, now).await.unwrap().unwrap();
        assert!(page.items.len() <= usize::try_from(limit).unwrap());
        all.extend(page.items.iter().map(|message| number(message.id)));
        assert!(all.len() <= 1000, "pages that go round in circles");
        before = page.next;
        if before.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_hold_everything_once_newest_first() {
    for (name, store) in both(WIDE).await {
        let (ada, now) = (owner("ada"), at(0));
        assert_eq!(all_conversations(&store, &ada, 1, now).await, [0; 0], "{name}");
        for number in [3, 1, 7, 2, 6, 5, 4] {
            store.begun(&ada, number, now).await;
        }
        for number in 11..=22 {
            store.add(&ada, id(4), &answer(number, "Hm", now), now).await.unwrap();
        }
        let messages: Vec<_> = (11..=22).rev().chain([4]).collect();
        for limit in [1, 2, 3, 6, 7, 8, 12, 13, 14, 100] {
            assert_eq!(all_conversations(&store, &ada, limit, now).await, [7, 6, 5, 4, 3, 2, 1], "{name}");
            assert_eq!(all_messages(&store, &ada, id(4), limit, now).await, messages, "{name}: {limit}");
        }
        // A page that is full and the last says so.
        assert_eq!(store.conversations(&ada, first(7), now).await.unwrap().next, None, "{name}");
        for (before, expected) in [(99, vec![7, 6]), (7, vec![6, 5]), (2, vec![1]), (1, vec![]), (0, vec![])]
        {
            let range = Range { limit: 2, before: Some(id(before)) };
            let page = store.conversations(&ada, range, now).await.unwrap();
            assert_eq!(numbers(&page), expected, "{name}: before {before}");
        }
    }
}

#[tokio::test]
async fn what_comes_and_goes_between_pages_shifts_nothing() {
    for (name, store) in both(WIDE).await {
        let ada = owner("ada");
        for number in [10, 20, 30, 40, 50, 60] {
            store.begun(&ada, number, at(number)).await;
        }
        store.add(&ada, id(20), &answer(901, "Hm", at(100)), at(100)).await.unwrap();
        let page = store.conversations(&ada, first(2), at(100)).await.unwrap();
        assert_eq!(numbers(&page), [60, 50], "{name}");
        // One is new, the one the page ended with is deleted, one behind it has
        // expired, and one came there.
        store.begun(&ada, 70, at(101)).await;
        store.delete(&ada, id(50), at(102)).await.unwrap();
        let now = at(DAY + 39);
        store.begun(&ada, 25, now).await;
        let rest = store.conversations(&ada, Range { limit: 9, before: page.next }, now).await.unwrap();
        assert_eq!((numbers(&rest), rest.next), (vec![40, 25, 20], None), "{name}");
        assert_eq!(all_conversations(&store, &ada, 1, now).await, [70, 60, 40, 25, 20], "{name}");
    }
}

#[tokio::test]
async fn long_messages_make_short_pages() {
    for (name, store) in both(WIDE).await {
        let (ada, now) = (owner("ada"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        for number in 11..=30 {
            let long = "x".repeat(32 * 1024);
            store.add(&ada, begun, &answer(number, &long, now), now).await.unwrap();
        }
        let page = store.messages(&ada, begun, first(100), now).await.unwrap().unwrap();
        assert_eq!((page.items.len(), page.next), (12, Some(id(19))), "{name}: what every door takes");
        let all: Vec<_> = (11..=30).rev().chain([1]).collect();
        assert_eq!(all_messages(&store, &ada, begun, 100, now).await, all, "{name}");
    }
}
