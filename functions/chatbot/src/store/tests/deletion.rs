//! What is deleted is gone, for everybody and at once.

use serde_json::json;

use super::{
    relay::{Fate, fault, passes},
    setup::{BOUNDS, OnTable, WIDE, answer, at, both, first, id, numbers, owner, question},
};
use crate::store::{Added, Deleted, StoreUnavailable};

#[tokio::test]
async fn what_is_deleted_is_gone_with_all_that_was_said() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        store.begun(&ada, 2, now).await;
        store.add(&ada, begun, &answer(3, "Hello!", now), now).await.unwrap();
        assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::Yes), "{name}");
        assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::NoConversation), "{name}");
        assert_eq!(store.conversation(&ada, begun, now).await, Ok(None), "{name}");
        assert_eq!(store.message(&ada, begun, id(3), now).await, Ok(None), "{name}");
        assert_eq!(store.rename(&ada, begun, "Back", now).await, Ok(None), "{name}");
        let page = store.conversations(&ada, first(9), now).await.unwrap();
        assert_eq!(numbers(&page), [2], "{name}");
        // One that begins there later has nothing of it.
        store.begun(&ada, 1, now).await;
        assert_eq!(store.texts(&ada, begun, now).await.unwrap(), ["Hello?"], "{name}");
    }
}

#[tokio::test]
async fn an_answer_under_way_does_not_bring_a_conversation_back() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        store.delete(&ada, begun, now).await.unwrap();
        let added = store.add(&ada, begun, &answer(2, "Hello!", now), now).await;
        assert_eq!(added, Ok(Added::NoConversation), "{name}");
        assert_eq!(store.texts(&ada, begun, now).await, None, "{name}");
        assert_eq!(store.message(&ada, begun, id(2), now).await, Ok(None), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_overtaken_by_a_deletion_leaves_nothing_behind() {
    let on_table = OnTable::start(BOUNDS).await;
    let (ada, now) = (owner("ada"), at(0));
    let begun = on_table.store.begun(&ada, 1, now).await;
    let told = answer(2, "Hello!", now);
    let added = on_table.relay.meanwhile(
        |call| {
            if call.operation == "TransactWriteItems" && call.before == 0 {
                Fate::Waits
            } else {
                Fate::Passes
            }
        },
        on_table.store.add(&ada, begun, &told, now),
        async { assert_eq!(on_table.direct.delete(&ada, begun, now).await, Ok(Deleted::Yes)) },
    );
    assert_eq!(added.await, Ok(Added::NoConversation));
    assert_eq!(on_table.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_deletion_leaves_no_item_behind_however_many_there_were() {
    let on_table = OnTable::start(WIDE).await;
    let (ada, now) = (owner("ada"), at(0));
    let begun = on_table.direct.begun(&ada, 1, now).await;
    for number in 2..=130 {
        on_table.direct.add(&ada, begun, &answer(number, "Hm", now), now).await.unwrap();
    }
    // And some that take several requests to find.
    for number in 131..=140 {
        let long = answer(number, &"x".repeat(256 * 1024), now);
        on_table.direct.add(&ada, begun, &long, now).await.unwrap();
    }
    on_table.direct.begun(&ada, 2, now).await;
    assert_eq!(on_table.store.delete(&ada, begun, now).await, Ok(Deleted::Yes));
    let kept = [format!("CONV#{}", id(2)), format!("MSG#{}", id(2))];
    assert_eq!(on_table.keys().await, kept);
}

#[tokio::test]
async fn a_deletion_that_was_stopped_in_between_goes_on_when_it_is_asked_for_again() {
    let on_table = OnTable::start(WIDE).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    let begun = store.begun(&ada, 1, now).await;
    for number in 2..=60 {
        on_table.direct.add(&ada, begun, &answer(number, "Hm", now), now).await.unwrap();
    }

    // The first batch is done, the second never.
    on_table.relay.behave(|call| match call.operation.as_str() {
        "BatchWriteItem" if call.before > 0 => {
            Fate::Answered(200, json!({"UnprocessedItems": call.body["RequestItems"]}).to_string())
        }
        _ => Fate::Passes,
    });
    assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::NotAllYet));
    assert_eq!(on_table.keys().await.len(), 1 + 60 - 25);
    on_table.relay.behave(|call| match call.operation.as_str() {
        "BatchWriteItem" => fault(400, "ThrottlingException"),
        _ => Fate::Passes,
    });
    assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::NotAllYet));
    on_table.relay.behave(|call| match call.operation.as_str() {
        "BatchWriteItem" => fault(400, "AccessDeniedException"),
        _ => Fate::Passes,
    });
    assert_eq!(store.delete(&ada, begun, now).await, Err(StoreUnavailable));
    on_table.relay.behave(passes);

    // To everybody it is gone already.
    assert_eq!(store.conversation(&ada, begun, now).await, Ok(None));
    assert_eq!(store.messages(&ada, begun, first(9), now).await, Ok(None));
    assert_eq!(store.message(&ada, begun, id(60), now).await, Ok(None));
    assert_eq!(store.rename(&ada, begun, "Back", now).await, Ok(None));
    assert_eq!(numbers(&store.conversations(&ada, first(9), now).await.unwrap()), [0; 0]);
    for message in [answer(61, "Hm", now), answer(60, "Hm", now), question(62, "Hm", now)] {
        assert_eq!(store.add(&ada, begun, &message, now).await, Ok(Added::NoConversation));
    }
    store.begun(&ada, 1, now).await;
    assert_eq!(store.conversation(&ada, begun, now).await, Ok(None));

    assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::Yes));
    assert_eq!(on_table.keys().await, [""; 0]);
    assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::NoConversation));
}

#[tokio::test]
async fn items_left_unprocessed_are_deleted_in_the_end() {
    let on_table = OnTable::start(BOUNDS).await;
    let (ada, now) = (owner("ada"), at(0));
    let begun = on_table.store.begun(&ada, 1, now).await;
    on_table.relay.behave(|call| match call.operation.as_str() {
        "BatchWriteItem" if call.before < 2 => {
            Fate::Answered(200, json!({"UnprocessedItems": call.body["RequestItems"]}).to_string())
        }
        _ => Fate::Passes,
    });
    assert_eq!(on_table.store.delete(&ada, begun, now).await, Ok(Deleted::Yes));
    assert_eq!(on_table.keys().await, [""; 0]);
}
