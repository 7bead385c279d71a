//! What has expired is not there, swept or not.

use super::setup::{
    BOUNDS, OnTable, WIDE, answer, at, both, claim, conversation, first, id, numbers, owner, question,
};
use crate::store::{Added, Deleted, Page, Period, claim::CLAIM_SECS};

const DAY: u64 = 86_400;

#[tokio::test]
async fn a_conversation_ends_a_day_after_its_last_message() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        assert!(store.conversation(&ada, begun, at(DAY - 1)).await.unwrap().is_some(), "{name}");
        let over = at(DAY);
        assert_eq!(store.conversation(&ada, begun, over).await, Ok(None), "{name}");
        assert_eq!(store.messages(&ada, begun, first(9), over).await, Ok(None), "{name}");
        assert_eq!(store.message(&ada, begun, id(1), over).await, Ok(None), "{name}");
        assert_eq!(store.rename(&ada, begun, "Late", over).await, Ok(None), "{name}");
        let none = Page { items: Vec::new(), next: None };
        assert_eq!(store.conversations(&ada, first(9), over).await, Ok(none), "{name}");
        let added = store.add(&ada, begun, &answer(2, "Late", over), over).await;
        assert_eq!(added, Ok(Added::NoConversation), "{name}");
        let replaced = store.add(&ada, begun, &question(1, "Late", over), over).await;
        assert_eq!(replaced, Ok(Added::NoConversation), "{name}");
        assert_eq!(store.delete(&ada, begun, over).await, Ok(Deleted::NoConversation), "{name}");
        assert_eq!(store.conversation(&ada, begun, over).await, Ok(None), "{name}: still");
    }
}

#[tokio::test]
async fn a_message_ends_before_a_conversation_that_goes_on() {
    for (name, store) in both(WIDE).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        store.add(&ada, begun, &answer(2, "First", at(10)), at(10)).await.unwrap();
        store.add(&ada, begun, &question(3, "Second", at(20)), at(20)).await.unwrap();
        assert_eq!(store.texts(&ada, begun, at(DAY)).await.unwrap(), ["Second", "First"], "{name}");
        assert_eq!(store.message(&ada, begun, id(1), at(DAY)).await, Ok(None), "{name}");
        assert_eq!(store.texts(&ada, begun, at(DAY + 10)).await.unwrap(), ["Second"], "{name}");
        // A message that is not there any more is not replaced, but new.
        let later = at(DAY + 11);
        store.add(&ada, begun, &answer(2, "Again", later), later).await.unwrap();
        assert_eq!(store.texts(&ada, begun, at(DAY + 20)).await.unwrap(), ["Again"], "{name}");
        assert_eq!(store.conversation(&ada, begun, later).await.unwrap().unwrap().messages, 4, "{name}");
        // A message that is written again lives on from then.
        let still = at(2 * DAY + 10);
        assert_eq!(store.texts(&ada, begun, still).await.unwrap(), ["Again"], "{name}");
        assert_eq!(store.texts(&ada, begun, at(2 * DAY + 11)).await, None, "{name}");
    }
}

#[tokio::test]
async fn a_conversation_can_begin_where_one_has_ended() {
    for (name, store) in both(WIDE).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        store.add(&ada, begun, &answer(2, "Old", at(0)), at(0)).await.unwrap();
        store.begin(&ada, &conversation(1, at(DAY)), &question(3, "New", at(DAY)), at(DAY)).await.unwrap();
        let found = store.conversation(&ada, begun, at(DAY)).await.unwrap().unwrap();
        assert_eq!((found.messages, found.last_message), (1, Some(id(3))), "{name}");
        assert_eq!(store.texts(&ada, begun, at(DAY)).await.unwrap(), ["New"], "{name}");
    }
}

#[tokio::test]
async fn counts_end_with_what_they_are_for() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let (day, minute) = (Period::day(now.wall), Period::minute(now.wall));
        store.reserve(&ada, day, 50, 50, now).await.unwrap();
        store.count_request(&ada, minute, 1, now).await.unwrap();
        // Clocks need not agree about when the minute was.
        assert_eq!(store.count_request(&ada, minute, 1, at(60 + 299)).await, Ok(false), "{name}");
        assert_eq!(store.count_request(&ada, minute, 1, at(60 + 300)).await, Ok(true), "{name}");
        // The day ends at midnight, and its count three days later.
        let (last, over) = (at(DAY / 2 + 3 * DAY - 1), at(DAY / 2 + 3 * DAY));
        assert_eq!(store.used(&ada, day, last).await, Ok(50), "{name}");
        assert_eq!(store.reserve(&ada, day, 1, 50, last).await, Ok(false), "{name}");
        assert_eq!(store.used(&ada, day, over).await, Ok(0), "{name}");
        store.settle(&ada, day, 0, 7, over).await.unwrap();
        assert_eq!(store.reserve(&ada, day, 51, 50, over).await, Ok(false), "{name}");
        assert_eq!(store.reserve(&ada, day, 50, 50, over).await, Ok(true), "{name}");
        assert_eq!(store.used(&ada, day, over).await, Ok(0), "{name}");
    }
}

#[tokio::test]
async fn all_that_is_written_says_when_it_ends() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    let begun = store.begun(&ada, 1, now).await;
    store.add(&ada, begun, &answer(2, "Hello!", at(5)), at(5)).await.unwrap();
    store.reserve(&ada, Period::day(now.wall), 1, 9, now).await.unwrap();
    store.settle(&ada, Period(7_000_000), 0, 3, now).await.unwrap();
    store.count_request(&ada, Period::minute(now.wall), 9, now).await.unwrap();
    store.claim(&ada, &claim("k", 1, at(60)), now).await.unwrap();
    let wall = now.wall.as_unix_secs();
    let days = |days: u64| i64::try_from(days * DAY).unwrap();
    let expected = [
        ("CONV#", wall + 5 + days(1)),
        ("IDEM#", wall + i64::try_from(CLAIM_SECS).unwrap()),
        ("MSG#01", wall + days(1)),
        ("MSG#01", wall + 5 + days(1)),
        ("RATE#", wall + 60 + 300),
        ("USAGE#2", wall + days(3) + days(1) / 2),
        ("USAGE#7", days(7_000_001) + days(3)),
    ];
    let written = on_table.ends().await;
    assert_eq!(written.len(), expected.len(), "{written:?}");
    for ((sk, ends), (prefix, expected)) in written.iter().zip(expected) {
        assert!(
            sk.starts_with(prefix) && *ends == expected,
            "{sk} ends at {ends}, not {prefix} at {expected}"
        );
    }
}

#[tokio::test]
async fn a_page_is_not_cut_short_by_what_has_expired_in_its_midst() {
    for (name, store) in both(WIDE).await {
        let ada = owner("ada");
        // Of forty conversations every fifth was talked in again.
        for number in 1..=40 {
            let begun = store.begun(&ada, number, at(number)).await;
            if number % 5 == 0 {
                store.add(&ada, begun, &answer(900, "Hm", at(500)), at(500)).await.unwrap();
            }
        }
        let now = at(DAY + 100);
        let page = store.conversations(&ada, first(3), now).await.unwrap();
        assert_eq!((numbers(&page), page.next), (vec![40, 35, 30], Some(id(30))), "{name}");
        let page = store.conversations(&ada, first(8), now).await.unwrap();
        assert_eq!((numbers(&page), page.next), (vec![40, 35, 30, 25, 20, 15, 10, 5], None), "{name}");
    }
}
