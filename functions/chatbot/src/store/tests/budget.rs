//! Nobody gets more than the limits say, and nobody less.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::setup::{BOUNDS, at, both, owner};
use crate::store::Period;

#[tokio::test]
async fn a_minute_takes_as_many_requests_as_its_limit_and_the_next_one_as_many() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        for (secs, limit, expected) in [
            (0, 0, false),
            (0, 2, true),
            (30, 2, true),
            (59, 2, false),
            (59, 3, true),
            (59, 2, false),
            (60, 2, true),
            (61, 2, true),
            (119, 2, false),
            (120, 1, true),
        ] {
            let now = at(secs);
            let counted = store.count_request(&ada, Period::minute(now.wall), limit, now).await;
            assert_eq!(counted, Ok(expected), "{name}: {limit} at {secs}");
        }
    }
}

#[tokio::test]
async fn a_day_gives_as_many_tokens_as_its_limit_and_takes_back_what_was_not_used() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let day = Period::day(now.wall);
        assert_eq!(store.used(&ada, day, now).await, Ok(0), "{name}");
        for (tokens, limit, expected, used) in [
            (101, 100, false, 0),
            (u64::MAX, 100, false, 0),
            (0, 0, true, 0),
            (60, 100, true, 60),
            (41, 100, false, 60),
            (40, 100, true, 100),
            (1, 100, false, 100),
            (0, 100, true, 100),
            (0, 99, false, 100),
            (5, 105, true, 105),
        ] {
            assert_eq!(store.reserve(&ada, day, tokens, limit, now).await, Ok(expected), "{name}: {tokens}");
            assert_eq!(store.used(&ada, day, now).await, Ok(used), "{name}: {tokens}");
        }
        for (reserved, used, left) in
            [(60, 10, 55), (40, 50, 65), (5, 5, 65), (0, 0, 65), (60, 0, 5), (9, 3, 0)]
        {
            store.settle(&ada, day, reserved, used, now).await.unwrap();
            assert_eq!(store.used(&ada, day, now).await, Ok(left), "{name}: {used} of {reserved}");
        }
        // Neither more than there was, nor on a day when there was nothing.
        store.settle(&ada, day, u64::MAX, 0, now).await.unwrap();
        let next = Period(day.0 + 1);
        store.settle(&ada, next, 100, 30, now).await.unwrap();
        assert_eq!(store.used(&ada, day, now).await, Ok(0), "{name}");
        assert_eq!(store.used(&ada, next, now).await, Ok(0), "{name}");
        store.settle(&ada, next, 0, 30, now).await.unwrap();
        assert_eq!(store.used(&ada, next, now).await, Ok(30), "{name}");
        assert_eq!(store.used(&ada, day, now).await, Ok(0), "{name}");
    }
}

#[tokio::test]
async fn a_hundred_who_come_at_once_get_no_more_than_there_is() {
    for (name, store) in both(BOUNDS).await {
        let (store, now) = (Arc::new(store), at(0));
        let day = Period::day(now.wall);
        let mut requests = JoinSet::new();
        for _ in 0..100 {
            let store = Arc::clone(&store);
            requests.spawn(async move { store.reserve(&owner("ada"), day, 7, 300, now).await.unwrap() });
        }
        let taken = requests.join_all().await.into_iter().filter(|taken| *taken).count();
        assert_eq!(taken, 42, "{name}");
        assert_eq!(store.used(&owner("ada"), day, now).await, Ok(294), "{name}");

        // Half of them used one token each, the others all seven.
        let mut answers = JoinSet::new();
        for index in 0..42 {
            let (store, used) = (Arc::clone(&store), if index % 2 == 0 { 1 } else { 7 });
            answers.spawn(async move { store.settle(&owner("ada"), day, 7, used, now).await.unwrap() });
        }
        answers.join_all().await;
        assert_eq!(store.used(&owner("ada"), day, now).await, Ok(21 * 8), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_began_before_midnight_is_settled_on_its_own_day() {
    for (name, store) in both(BOUNDS).await {
        let (ada, evening, morning) = (owner("ada"), at(0), at(86_400));
        let (yesterday, today) = (Period::day(evening.wall), Period::day(morning.wall));
        assert_eq!(store.reserve(&ada, yesterday, 50, 50, evening).await, Ok(true), "{name}");
        assert_eq!(store.reserve(&ada, today, 50, 50, morning).await, Ok(true), "{name}");
        store.settle(&ada, yesterday, 50, 20, morning).await.unwrap();
        assert_eq!(store.used(&ada, yesterday, morning).await, Ok(20), "{name}");
        assert_eq!(store.used(&ada, today, morning).await, Ok(50), "{name}");
    }
}
