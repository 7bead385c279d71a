//! What is one's own is nobody else's.

use super::setup::{BOUNDS, answer, at, both, claim, conversation, first, id, numbers, owner, question};
use crate::store::{Added, Claimed, Deleted, Page, Period};

#[tokio::test]
async fn nobody_can_see_rename_extend_or_delete_the_conversation_of_another() {
    for (name, store) in both(BOUNDS).await {
        let (ada, eve, now) = (owner("ada"), owner("eve"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        store.add(&ada, begun, &answer(2, "Secret", now), now).await.unwrap();
        // Eve knows every id.
        assert_eq!(store.conversation(&eve, begun, now).await, Ok(None), "{name}");
        assert_eq!(store.messages(&eve, begun, first(100), now).await, Ok(None), "{name}");
        assert_eq!(store.message(&eve, begun, id(2), now).await, Ok(None), "{name}");
        assert_eq!(store.rename(&eve, begun, "Mine", now).await, Ok(None), "{name}");
        assert_eq!(store.delete(&eve, begun, now).await, Ok(Deleted::NoConversation), "{name}");
        let added = store.add(&eve, begun, &question(3, "Ha", now), now).await;
        assert_eq!(added, Ok(Added::NoConversation), "{name}");
        let replaced = store.add(&eve, begun, &answer(2, "Ha", now), now).await;
        assert_eq!(replaced, Ok(Added::NoConversation), "{name}");
        let none = Page { items: Vec::new(), next: None };
        assert_eq!(store.conversations(&eve, first(100), now).await, Ok(none), "{name}");

        // And a conversation of the same id is another one.
        let hers = question(1, "Mine", now);
        store.begin(&eve, &conversation(1, now), &hers, now).await.unwrap();
        store.rename(&eve, begun, "Mine", now).await.unwrap();
        assert_eq!(store.texts(&eve, begun, now).await.unwrap(), ["Mine"], "{name}");
        assert_eq!(store.delete(&eve, begun, now).await, Ok(Deleted::Yes), "{name}");
        assert_eq!(store.texts(&ada, begun, now).await.unwrap(), ["Secret", "Hello?"], "{name}");
        let page = store.conversations(&ada, first(100), now).await.unwrap();
        assert_eq!((numbers(&page), page.items[0].title.as_str()), (vec![1], "No. 1"), "{name}");
    }
}

#[tokio::test]
async fn nobody_uses_up_the_budget_of_another_or_gets_in_the_way_of_their_keys() {
    for (name, store) in both(BOUNDS).await {
        let (ada, eve, now) = (owner("ada"), owner("eve"), at(0));
        let (day, minute) = (Period::day(now.wall), Period::minute(now.wall));
        assert_eq!(store.reserve(&eve, day, 100, 100, now).await, Ok(true), "{name}");
        assert_eq!(store.count_request(&eve, minute, 1, now).await, Ok(true), "{name}");
        assert_eq!(store.claim(&eve, &claim("k", 1, at(60)), now).await, Ok(Claimed::New), "{name}");
        assert_eq!(store.reserve(&ada, day, 100, 100, now).await, Ok(true), "{name}");
        assert_eq!(store.count_request(&ada, minute, 1, now).await, Ok(true), "{name}");
        assert_eq!(store.claim(&ada, &claim("k", 2, at(60)), now).await, Ok(Claimed::New), "{name}");
        store.settle(&eve, day, 100, 0, now).await.unwrap();
        store.release(&eve, &claim("k", 1, at(60)), now).await.unwrap();
        store.release(&eve, &claim("k", 2, at(60)), now).await.unwrap();
        assert_eq!(store.used(&ada, day, now).await, Ok(100), "{name}");
        let again = store.claim(&ada, &claim("k", 3, at(60)), now).await;
        assert_eq!(again, Ok(Claimed::InFlight { secs: 60 }), "{name}");
    }
}
