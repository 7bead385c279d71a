//! A write whose answer got lost is sent again, and done once.

use super::{
    relay::{Call, Fate, canceled, fault},
    setup::{BOUNDS, OnTable, answer, at, claim, conversation, id, owner, question},
};
use crate::store::{Added, Claimed, Deleted, Period, claim::Claim};

/// The first request of each kind is done, and nobody hears of it.
fn lost(call: &Call) -> Fate {
    let is_read = ["GetItem", "Query"].contains(&call.operation.as_str());
    if call.before == 0 && !is_read { Fate::LosesItsAnswer } else { Fate::Passes }
}

#[tokio::test]
async fn a_message_counts_once() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    on_table.relay.behave(lost);
    let begun = store.begun(&ada, 1, now).await;
    assert_eq!(on_table.relay.calls(), ["TransactWriteItems"; 2]);
    on_table.relay.behave(lost);
    assert_eq!(store.add(&ada, begun, &answer(2, "Hello!", now), now).await, Ok(Added::Yes));
    let found = on_table.direct.conversation(&ada, begun, now).await.unwrap().unwrap();
    assert_eq!((found.messages, found.last_message), (2, Some(id(2))));
    assert_eq!(on_table.direct.texts(&ada, begun, now).await.unwrap(), ["Hello!", "Hello?"]);
}

#[tokio::test]
async fn a_change_and_a_deletion_are_answered_as_they_were_done() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    let begun = store.begun(&ada, 1, now).await;
    on_table.relay.behave(lost);
    let renamed = store.rename(&ada, begun, "New", now).await.unwrap().unwrap();
    assert_eq!((renamed.title.as_str(), on_table.relay.calls().len()), ("New", 2));
    on_table.relay.behave(lost);
    assert_eq!(store.delete(&ada, begun, now).await, Ok(Deleted::Yes));
    assert_eq!(on_table.keys().await, [""; 0]);
}

#[tokio::test]
async fn tokens_are_taken_back_once_and_set_aside_at_least_once() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    let day = Period::day(now.wall);
    assert_eq!(store.reserve(&ada, day, 100, 1000, now).await, Ok(true));
    on_table.relay.behave(lost);
    store.settle(&ada, day, 40, 10, now).await.unwrap();
    assert_eq!(on_table.relay.calls(), ["TransactWriteItems"; 2]);
    assert_eq!(store.used(&ada, day, now).await, Ok(70));
    on_table.relay.behave(lost);
    assert_eq!(store.reserve(&ada, day, 100, 1000, now).await, Ok(true));
    assert_eq!(on_table.relay.calls().len(), 2);
    assert_eq!(store.used(&ada, day, now).await, Ok(270), "too much, never too little");
}

#[tokio::test]
async fn a_key_is_whose_it_was() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada) = (&on_table.store, owner("ada"));
    on_table.relay.behave(lost);
    let first = claim("k", 1, at(60));
    assert_eq!(store.claim(&ada, &first, at(0)).await, Ok(Claimed::New));
    assert_eq!(on_table.relay.calls(), ["PutItem"; 2]);
    let told = store.claim(&ada, &claim("k", 2, at(61)), at(1)).await;
    assert_eq!(told, Ok(Claimed::InFlight { secs: 59 }), "nobody else's");

    // Of a takeover it is the second request whose answer matters.
    on_table.relay.behave(|call| if call.before == 1 { Fate::LosesItsAnswer } else { Fate::Passes });
    let carried_on = Claim { leased_until: at(120).wall, ..first.clone() };
    let told = store.claim(&ada, &claim("k", 3, at(120)), at(60)).await;
    assert_eq!(told, Ok(Claimed::TakenOver(carried_on.clone())));
    assert_eq!(on_table.relay.calls(), ["PutItem"; 3]);
    let told = store.claim(&ada, &claim("k", 4, at(120)), at(61)).await;
    assert_eq!(told, Ok(Claimed::InFlight { secs: 59 }));

    on_table.relay.behave(lost);
    store.answered(&ada, &carried_on, at(62)).await.unwrap();
    let told = store.claim(&ada, &claim("k", 5, at(120)), at(63)).await;
    assert_eq!(told, Ok(Claimed::Done(carried_on)));
    let given_back = claim("other", 1, at(60));
    store.claim(&ada, &given_back, at(0)).await.unwrap();
    on_table.relay.behave(lost);
    store.release(&ada, &given_back, at(1)).await.unwrap();
    let told = store.claim(&ada, &claim("other", 2, at(60)), at(1)).await;
    assert_eq!(told, Ok(Claimed::TakenOver(given_back)));
}

#[tokio::test]
async fn of_two_who_carry_a_request_on_the_one_who_looked_first_may_come_second() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada) = (&on_table.store, owner("ada"));
    store.claim(&ada, &claim("k", 1, at(60)), at(0)).await.unwrap();
    // Both have the same lease in mind.
    let (slow, fast) = (claim("k", 2, at(120)), claim("k", 3, at(120)));
    let told = on_table.relay.meanwhile(
        |call| if call.before == 1 { Fate::Waits } else { Fate::Passes },
        store.claim(&ada, &slow, at(60)),
        async {
            let told = on_table.direct.claim(&ada, &fast, at(60)).await;
            assert!(matches!(told, Ok(Claimed::TakenOver(_))), "{told:?}");
        },
    );
    assert_eq!(told.await, Ok(Claimed::InFlight { secs: 60 }));
}

#[tokio::test]
async fn what_is_set_aside_during_a_settlement_stays_so() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    let day = Period::day(now.wall);
    store.reserve(&ada, day, 10, 1000, now).await.unwrap();
    // More is taken back than there is, and just then there is more.
    let settled = on_table.relay.meanwhile(
        |call| if call.before == 1 { Fate::Waits } else { Fate::Passes },
        store.settle(&ada, day, 50, 0, now),
        async { assert_eq!(on_table.direct.reserve(&ada, day, 100, 1000, now).await, Ok(true)) },
    );
    settled.await.unwrap();
    assert_eq!(store.used(&ada, day, now).await, Ok(60));
}

#[tokio::test]
async fn a_table_that_is_busy_for_a_moment_is_asked_again() {
    for behaviour in [
        (|call| if call.before < 3 { fault(400, "ThrottlingException") } else { Fate::Passes })
            as fn(&Call) -> Fate,
        |call| match call.operation.as_str() {
            "TransactWriteItems" if call.before < 3 => canceled(&["None", "TransactionConflict"]),
            "UpdateItem" if call.before < 3 => fault(400, "TransactionConflictException"),
            _ => Fate::Passes,
        },
        |call| match call.operation.as_str() {
            "TransactWriteItems" if call.before < 3 => canceled(&["ThrottlingError", "None"]),
            "TransactWriteItems" if call.before < 4 => fault(400, "TransactionInProgressException"),
            _ => Fate::Passes,
        },
    ] {
        let on_table = OnTable::start(BOUNDS).await;
        let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
        on_table.relay.behave(behaviour);
        store.begin(&ada, &conversation(1, now), &question(1, "Hello?", now), now).await.unwrap();
        on_table.relay.behave(behaviour);
        let added = store.add(&ada, id(1), &answer(2, "Hello!", now), now).await;
        assert_eq!(added, Ok(Added::Yes));
        let day = Period::day(now.wall);
        assert_eq!(store.reserve(&ada, day, 7, 7, now).await, Ok(true));
        on_table.relay.behave(behaviour);
        store.settle(&ada, day, 7, 5, now).await.unwrap();
        assert_eq!(on_table.direct.used(&ada, day, now).await, Ok(5));
        assert_eq!(on_table.direct.conversation(&ada, id(1), now).await.unwrap().unwrap().messages, 2);
    }
}
