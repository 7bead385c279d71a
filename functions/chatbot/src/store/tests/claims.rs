//! One key, one request, however often and by however many it is sent.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::setup::{BOUNDS, at, both, claim, owner};
use crate::store::{
    Claimed, KeyHash,
    claim::{CLAIM_SECS, Claim},
};

#[tokio::test]
async fn a_key_is_new_then_under_way_then_answered() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let first = claim("k", 1, at(60));
        assert_eq!(store.claim(&ada, &first, at(0)).await, Ok(Claimed::New), "{name}");
        for (secs, left) in [(0, 60), (1, 59), (59, 1)] {
            let told = store.claim(&ada, &claim("k", 2, at(secs + 60)), at(secs)).await;
            assert_eq!(told, Ok(Claimed::InFlight { secs: left }), "{name}");
        }
        store.answered(&ada, &first, at(59)).await.unwrap();
        store.answered(&ada, &first, at(59)).await.unwrap();
        for secs in [59, 61, CLAIM_SECS - 1] {
            let told = store.claim(&ada, &claim("k", 3, at(secs + 60)), at(secs)).await;
            assert_eq!(told, Ok(Claimed::Done(first.clone())), "{name}");
        }
        // A request that was answered gives nothing back.
        store.release(&ada, &first, at(62)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 3, at(120)), at(62)).await;
        assert_eq!(told, Ok(Claimed::Done(first)), "{name}");
        assert_eq!(store.claim(&ada, &claim("other", 3, at(120)), at(62)).await, Ok(Claimed::New), "{name}");
        let told = store.claim(&ada, &claim("k", 4, at(CLAIM_SECS + 60)), at(CLAIM_SECS)).await;
        assert_eq!(told, Ok(Claimed::New), "{name}: after a day");
    }
}

#[tokio::test]
async fn a_key_serves_one_request_only() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let first = claim("k", 1, at(60));
        let other = Claim { fingerprint: KeyHash::of(b"{\"message\":\"?\"}"), ..claim("k", 2, at(300)) };
        assert_eq!(store.claim(&ada, &first, at(0)).await, Ok(Claimed::New), "{name}");
        // Under way, dead, and answered.
        assert_eq!(store.claim(&ada, &other, at(1)).await, Ok(Claimed::Mismatch), "{name}");
        assert_eq!(store.claim(&ada, &other, at(61)).await, Ok(Claimed::Mismatch), "{name}");
        store.answered(&ada, &first, at(62)).await.unwrap();
        assert_eq!(store.claim(&ada, &other, at(63)).await, Ok(Claimed::Mismatch), "{name}");
    }
}

#[tokio::test]
async fn of_fifty_who_send_one_key_at_once_one_is_answered_anew() {
    for (name, store) in both(BOUNDS).await {
        let store = Arc::new(store);
        // The second time round the lease of the first is over.
        for (now, is_won) in [
            (0, (|told| *told == Claimed::New) as fn(&Claimed) -> bool),
            (60, |told| matches!(told, Claimed::TakenOver(_))),
        ] {
            let mut requests = JoinSet::new();
            for number in 1..=50 {
                let (store, claim) = (Arc::clone(&store), claim("k", number + now * 100, at(now + 60)));
                requests.spawn(async move { store.claim(&owner("ada"), &claim, at(now)).await.unwrap() });
            }
            let told = requests.join_all().await;
            assert_eq!(told.iter().filter(|told| is_won(told)).count(), 1, "{name} at {now}");
            let in_flight = told.iter().filter(|told| **told == Claimed::InFlight { secs: 60 }).count();
            assert_eq!(in_flight, 49, "{name} at {now}");
        }
    }
}

#[tokio::test]
async fn a_request_that_died_is_carried_on_with_its_own_ids() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let dead = claim("k", 1, at(60));
        store.claim(&ada, &dead, at(0)).await.unwrap();
        let carried_on = Claim { leased_until: at(130).wall, ..dead.clone() };
        let told = store.claim(&ada, &claim("k", 2, at(130)), at(60)).await;
        assert_eq!(told, Ok(Claimed::TakenOver(carried_on.clone())), "{name}");
        let told = store.claim(&ada, &claim("k", 3, at(150)), at(70)).await;
        assert_eq!(told, Ok(Claimed::InFlight { secs: 60 }), "{name}");
        // It was not dead after all, but it has lost its lease.
        store.release(&ada, &dead, at(71)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 3, at(150)), at(72)).await;
        assert_eq!(told, Ok(Claimed::InFlight { secs: 58 }), "{name}");
        // What it answered is an answer all the same.
        store.answered(&ada, &dead, at(73)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 3, at(150)), at(74)).await;
        assert_eq!(told, Ok(Claimed::Done(carried_on)), "{name}");
    }
}

#[tokio::test]
async fn a_request_that_was_given_up_is_carried_on_at_once() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let first = claim("k", 1, at(60));
        store.claim(&ada, &first, at(0)).await.unwrap();
        store.release(&ada, &first, at(1)).await.unwrap();
        store.release(&ada, &first, at(1)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 2, at(61)), at(1)).await.unwrap();
        let carried_on = Claim { leased_until: at(61).wall, ..first };
        assert_eq!(told, Claimed::TakenOver(carried_on.clone()), "{name}");
        // And whoever carried on may give up as well.
        store.release(&ada, &carried_on, at(2)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 3, at(130)), at(2)).await.unwrap();
        let carried_on = Claim { leased_until: at(130).wall, ..carried_on };
        assert_eq!(told, Claimed::TakenOver(carried_on), "{name}");
    }
}

#[tokio::test]
async fn a_key_that_is_gone_is_neither_answered_nor_given_back() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let first = claim("k", 1, at(60));
        store.answered(&ada, &first, at(0)).await.unwrap();
        store.release(&ada, &first, at(0)).await.unwrap();
        assert_eq!(store.claim(&ada, &claim("k", 2, at(60)), at(0)).await, Ok(Claimed::New), "{name}");
        // The key is another request's now.
        store.answered(&ada, &first, at(1)).await.unwrap();
        store.release(&ada, &first, at(1)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 3, at(60)), at(1)).await;
        assert_eq!(told, Ok(Claimed::InFlight { secs: 59 }), "{name}");
    }
}

#[tokio::test]
async fn a_key_that_was_carried_on_is_remembered_for_another_day() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let late = CLAIM_SECS - 1;
        store.claim(&ada, &claim("k", 1, at(60)), at(0)).await.unwrap();
        let told = store.claim(&ada, &claim("k", 2, at(late + 60)), at(late)).await;
        assert!(matches!(told, Ok(Claimed::TakenOver(_))), "{name}: {told:?}");
        let told = store.claim(&ada, &claim("k", 3, at(late + 90)), at(late + 30)).await;
        assert_eq!(told, Ok(Claimed::InFlight { secs: 30 }), "{name}");
    }
}
